"""The token: fetched once, renewed once, and never handed to a stranger."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
import respx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.connectors.salesforce.auth import Token, Tokens
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.errors import CredentialError, TransientError
from bridge.exchange import recording
from bridge.http import Http
from clocks import FakeClock
from connectors.salesforce.org import CLIENT_SECRET, URL, settings_of

LOGIN = f"{URL}/services/oauth2/token"


def tokens_of(settings: SalesforceSettings, clock: FakeClock) -> Tokens:
    http = Http("salesforce", allow_hosts=frozenset({settings.host, *settings.allow_hosts}))
    return Tokens("salesforce", settings, http, clock=clock)


@pytest.fixture
def tokens(settings: SalesforceSettings, clock: FakeClock) -> Tokens:
    return tokens_of(settings, clock)


class Queue:
    """A lock that knows how many have come to it, so that a log-in can wait for all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals = threading.Condition()
        self.count = 0

    def __enter__(self) -> None:
        with self._arrivals:
            self.count += 1
            self._arrivals.notify_all()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait_for(self, count: int) -> None:
        with self._arrivals:
            assert self._arrivals.wait_for(lambda: self.count >= count, 10)


class Logins:
    """Answers each log-in with a token of its own, once `awaited` threads wait for one."""

    def __init__(self) -> None:
        self.count = 0
        self.status = 200
        self.awaited = 0
        self.queue = Queue()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.queue.wait_for(self.awaited)
        self.count += 1
        if self.status != 200:
            return httpx.Response(self.status, json={"error": "invalid_client"})
        token = {"access_token": f"00D!{self.count}", "instance_url": URL}
        return httpx.Response(200, json=token)


@pytest.fixture
def logins(respx_mock: respx.MockRouter) -> Logins:
    answer = Logins()
    respx_mock.post(LOGIN).mock(side_effect=answer)
    return answer


def all_at_once(tokens: Tokens, logins: Logins, stale: Token | None) -> list[Token | str]:
    """What eight threads get that want a token while one of them logs in."""
    tokens._lock = logins.queue
    logins.awaited = logins.queue.count + 8

    def want() -> Token | str:
        try:
            return tokens.renew(stale) if stale else tokens.current()
        except CredentialError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        return [each.result(60) for each in [pool.submit(want) for _ in range(8)]]


def test_client_credentials_are_posted_and_not_recorded(
    tokens: Tokens, vendor: respx.MockRouter
) -> None:
    with recording() as exchanges:
        token = tokens.current()

    sent = parse_qs(vendor.routes["login"].calls[0].request.content.decode())
    assert sent == {
        "grant_type": ["client_credentials"],
        "client_id": ["app"],
        "client_secret": [CLIENT_SECRET],
    }
    assert (token.access, token.instance) == ("00D!first", URL)
    for text in (repr(token), repr(exchanges)):
        assert CLIENT_SECRET not in text
        assert "00D!first" not in text


def test_a_token_is_kept(tokens: Tokens, logins: Logins) -> None:
    assert tokens.current() is tokens.current()
    assert logins.count == 1


def test_many_threads_cause_one_log_in_and_one_renewal(tokens: Tokens, logins: Logins) -> None:
    first = set(all_at_once(tokens, logins, None))
    assert len(first) == logins.count == 1
    (stale,) = first
    assert isinstance(stale, Token)

    fresh = set(all_at_once(tokens, logins, stale))

    assert len(fresh) == 1
    assert fresh != first
    assert logins.count == 2


def test_many_threads_are_refused_by_one_log_in(tokens: Tokens, logins: Logins) -> None:
    logins.status = 400

    assert set(all_at_once(tokens, logins, None)) == {"invalid_client"}
    assert logins.count == 1


def test_a_refused_log_in_is_tried_anew_by_the_next_call(tokens: Tokens, logins: Logins) -> None:
    logins.status = 401
    with pytest.raises(CredentialError):
        tokens.current()
    logins.status = 200

    assert tokens.current().access == "00D!2"


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (400, "invalid_grant", "Run-As"),
        (400, "invalid_client", "client_secret"),
        (401, "invalid_client_id", "client_id"),
        (400, "invalid_app_access", "pre-authorise"),
        (403, "strange", "README"),
    ],
)
def test_a_refused_log_in_says_what_to_do(
    tokens: Tokens, respx_mock: respx.MockRouter, status: int, code: str, says: str
) -> None:
    answer = {"error": code, "error_description": "no such thing"}
    respx_mock.post(LOGIN).respond(status, json=answer)

    with pytest.raises(CredentialError, match=says) as caught:
        tokens.current()

    assert caught.value.code == code
    assert CLIENT_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(302, headers={"location": "https://evil.example/"}),
        httpx.Response(200, html="<h1>maintenance</h1>"),
        httpx.Response(200, json={"access_token": ""}),
        httpx.ReadTimeout("cut"),
        httpx.ConnectError("down"),
    ],
)
def test_a_log_in_without_an_answer_did_nothing_and_may_be_repeated(
    tokens: Tokens, respx_mock: respx.MockRouter, answer: httpx.Response | Exception
) -> None:
    respx_mock.post(LOGIN).mock(side_effect=[answer])

    with pytest.raises(TransientError):
        tokens.current()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://northwind.my.salesforce.com",
        "https://northwind.my.salesforce.com@evil.example",
        "https://northwind.my.salesforce.com.evil.example",
        "",
    ],
)
def test_a_strangers_instance_url_gets_no_token(
    tokens: Tokens, respx_mock: respx.MockRouter, url: str
) -> None:
    respx_mock.post(LOGIN).respond(json={"access_token": "00D!x", "instance_url": url})

    with pytest.raises(CredentialError, match="allow_hosts"):
        tokens.current()


def test_an_allowed_host_is_followed(clock: FakeClock, respx_mock: respx.MockRouter) -> None:
    answer = {"access_token": "00D!x", "instance_url": "https://na1.example/"}
    respx_mock.post(LOGIN).respond(json=answer)

    token = tokens_of(settings_of(allow_hosts=["na1.example"]), clock).current()

    assert token.instance == "https://na1.example"


def test_a_missing_secret_pauses_and_names_its_place(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SF_CLIENT")

    with pytest.raises(CredentialError, match="env:SF_CLIENT"):
        tokens.current()


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        (URL, "https://login.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_a_bearer_assertion_is_signed_for_the_right_audience(
    monkeypatch: pytest.MonkeyPatch, respx_mock: respx.MockRouter, url: str, audience: str
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    monkeypatch.setenv("SF_KEY", pem.decode())
    auth = {
        "flow": "jwt_bearer",
        "client_id": "app",
        "username": "bridge@acme.example",
        "private_key": "env:SF_KEY",
    }
    route = respx_mock.post(f"{url}/services/oauth2/token").respond(
        json={"access_token": "00D!x", "instance_url": url}
    )
    clock = FakeClock()

    tokens_of(settings_of(url=url, auth=auth), clock).current()

    form = parse_qs(route.calls[0].request.content.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(
        form["assertion"][0],
        key.public_key(),
        algorithms=["RS256"],
        audience=audience,
        options={"verify_exp": False},
    )
    assert (claims["iss"], claims["sub"]) == ("app", "bridge@acme.example")
    assert 0 < claims["exp"] - clock.now().timestamp() <= 180


def test_a_private_key_that_is_none_pauses(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setenv("SF_KEY", "not a key")
    auth = {"flow": "jwt_bearer", "client_id": "a", "username": "b", "private_key": "env:SF_KEY"}

    with pytest.raises(CredentialError, match="PEM"):
        tokens_of(settings_of(auth=auth), clock).current()
