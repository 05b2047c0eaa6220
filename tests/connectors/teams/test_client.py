"""The one call: what goes on the wire, and what each answer means."""

import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from bridge.connectors.limits import retry_after
from bridge.connectors.teams import CONNECTOR, PostCard
from bridge.connectors.teams.client import TeamsClient, connect
from bridge.connectors.teams.settings import TeamsSettings, hosts
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from bridge.exchange import recording
from bridge.http import Http

HOST = "default0a.9f.environment.api.powerplatform.com"
URL = f"https://{HOST}:443/powerautomate/automations/direct/workflows/ab/triggers/manual/paths/invoke?sig=SeCrEt"
SETTINGS = TeamsSettings.model_validate({"channels": {"alerts": {"url": "env:TEAMS_ALERTS"}}})

Answers = Callable[[httpx.Response], TeamsClient]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """Make a client whose every call gets this answer."""
    monkeypatch.setenv("TEAMS_ALERTS", URL)
    made: list[Http] = []

    def client(answer: httpx.Response) -> TeamsClient:
        http = Http(
            "teams",
            allow_hosts=frozenset(hosts(SETTINGS)),
            secret_path=True,
            transport=httpx.MockTransport(lambda _: answer),
        )
        made.append(http)
        return connect("teams", SETTINGS, http)

    yield client
    for http in made:
        http.close()


def error(status: int, code: str = "Code", message: str = "Words.") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message}})


def test_a_202_tells_the_run(answers: Answers) -> None:
    client = answers(httpx.Response(202, headers={"x-ms-workflow-run-id": "0858"}))

    posted = client.post("alerts", b"{}")

    assert (posted.status, posted.run_id) == (202, "0858")


@pytest.mark.parametrize(
    ("answer", "kind", "code", "words"),
    [
        (error(400, "TriggerInputSchemaMismatch"), PermanentError, "TriggerInputSchemaMismatch", "turned on"),
        (error(400, "WorkflowTriggerIsNotEnabled"), PermanentError, "WorkflowTriggerIsNotEnabled", "turned on"),
        (error(404, "WorkflowNotFound"), PermanentError, "WorkflowNotFound", "new URL"),
        (httpx.Response(410), PermanentError, "410", "new one"),
        (httpx.Response(413), PermanentError, "413", "too large"),
        (httpx.Response(302, headers={"location": "https://x"}), PermanentError, "302", "run history"),
        (error(401, "DirectApiAuthorizationRequired"), CredentialError, "DirectApiAuthorizationRequired", "Anyone"),
        (httpx.Response(403), CredentialError, "403", "Anyone"),
        (error(429), TransientError, "Code", "429"),
        (httpx.Response(408), TransientError, "408", "408"),
        (httpx.Response(500), AmbiguousOutcome, "500", "may have begun"),
        (httpx.Response(503, text="<h1>no</h1>"), AmbiguousOutcome, "503", "may have begun"),
        (httpx.Response(200, text="Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x"), TransientError, "429", "429"),
        (httpx.Response(200, text="Microsoft Teams endpoint returned HTTP error 403"), CredentialError, "403", "403"),
        (error(418, "x" * 500, "y" * 5_000), PermanentError, "x" * 79 + "…", "run history"),
    ],
)  # fmt: skip
def test_each_answer_says_what_to_do_next(
    answers: Answers, answer: httpx.Response, kind: type[DeliveryError], code: str, words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        answers(answer).post("alerts", b"{}")

    assert caught.value.code == code
    assert "alerts" in str(caught.value)
    assert len(str(caught.value)) < 700


def test_bad_credentials_are_those_of_the_channel_alone(answers: Answers) -> None:
    with pytest.raises(CredentialError) as caught:
        answers(httpx.Response(403)).post("alerts", b"{}")

    assert caught.value.part == PostCard(channel="alerts", title="x").ordering_key()


@pytest.mark.parametrize("status", [200, 201, 204])
def test_another_success_is_a_success(answers: Answers, status: int) -> None:
    assert answers(httpx.Response(status, text="1")).post("alerts", b"{}").status == status


def test_a_retry_after_is_kept(answers: Answers) -> None:
    with pytest.raises(TransientError) as caught:
        answers(httpx.Response(429, headers={"retry-after": "17"})).post("alerts", b"{}")

    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "0"}, 0),
        ({"retry-after": "2.5"}, 2.5),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, None),
    ],
)  # fmt: skip
def test_a_retry_after_may_be_a_number_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds


def test_the_url_is_in_no_error_and_in_no_exchange(answers: Answers) -> None:
    told = error(400, "Code", f"see {URL} or sig=SeCrEt please")

    with recording() as exchanges, pytest.raises(PermanentError) as caught:
        answers(told).post("alerts", b"{}")

    assert "SeCrEt" not in str(caught.value)
    assert "please" in str(caught.value)
    assert "SeCrEt" not in exchanges[0].url


def test_a_missing_secret_is_bad_credentials_and_keeps_the_card(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = answers(httpx.Response(202))
    monkeypatch.delenv("TEAMS_ALERTS")

    with pytest.raises(CredentialError, match="env:TEAMS_ALERTS"):
        client.post("alerts", b"{}")


def test_a_retired_url_is_bad_credentials_and_is_not_quoted(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = answers(httpx.Response(202))
    monkeypatch.setenv("TEAMS_ALERTS", "https://acme.webhook.office.com/SeCrEt")

    with pytest.raises(CredentialError, match="retired") as caught:
        client.post("alerts", b"{}")

    assert "SeCrEt" not in str(caught.value)


def test_a_url_that_came_later_waits_for_a_restart_and_is_not_lost(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = answers(httpx.Response(202))
    monkeypatch.setenv("TEAMS_ALERTS", URL.replace("default0a", "default0b"))

    with pytest.raises(CredentialError, match="restart Bridge"):
        client.post("alerts", b"{}")


def test_an_unknown_channel_is_permanent_and_names_the_known(answers: Answers) -> None:
    with pytest.raises(PermanentError, match="there are: alerts"):
        answers(httpx.Response(202)).post("alert", b"{}")


class OneAnswer:
    """A bare socket that keeps the bytes of one request and answers 202."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.received = b""
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            while not self.received.endswith(b"{}"):
                self.received += connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        self._socket.close()
        self.done.set()


def test_the_target_goes_over_the_wire_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    server = OneAnswer()
    target = "/powerautomate/./automations//Direct/%7eworkflows/AB/%2e%2E/invoke?sp=%2Ftriggers%2fmanual%2Frun&sv=1.0&sig=aB-_'|\"^{}~%2D+x"
    monkeypatch.setenv("TEAMS_ALERTS", f"http://LocalHost:{server.port}{target}")
    settings = SETTINGS.model_copy(update={"allow_hosts": ("localhost",)})
    http = Http("teams", allow_hosts=frozenset({"localhost"}), secret_path=True)

    connect("teams", settings, http).post("alerts", b"{}")

    assert server.done.wait(60)
    assert server.received.split(b"\r\n")[0] == f"POST {target} HTTP/1.1".encode()
    assert f"\r\nhost: LocalHost:{server.port}\r\n".encode() in server.received
    http.close()


def test_the_explicit_port_stays_in_the_host_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS_ALERTS", URL)
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202)

    http = Http(
        "teams",
        allow_hosts=frozenset({HOST}),
        secret_path=True,
        transport=httpx.MockTransport(answer),
    )
    CONNECTOR.connect("teams", SETTINGS, http).post("alerts", "客".encode())

    assert seen[0].headers["host"] == f"{HOST}:443"
    assert seen[0].headers["content-type"] == "application/json; charset=utf-8"
    assert seen[0].content == "客".encode()
    http.close()


def test_a_card_runs_through_the_real_client(answers: Answers) -> None:
    receipt = PostCard(channel="alerts", title="x").run(answers(httpx.Response(202)), "k")

    assert receipt.note == "no run id"
