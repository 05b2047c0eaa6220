"""What Jira says no to, and what a delivery then is told to do."""

import httpx
import pytest
import respx

from bridge.connectors.jira.actions import (
    AddComment,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.jira.check import PERMISSIONS
from bridge.connectors.jira.client import JiraClient, connect
from bridge.connectors.jira.settings import hosts
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from bridge.exchange import recording
from bridge.http import Http
from connectors.jira.harbour import URL, settings_of

API = f"{URL}/rest/api/2"
KEY = "wrk_mzxw6ytboi"
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "customfield_1", "name": "Tier", "schema": {"type": "string"}},
]


def comment(site: JiraClient) -> None:
    AddComment(issue="10231", body="Seen").run(site, KEY)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(429, headers={"retry-after": "17"}), TransientError),
        (httpx.Response(408), TransientError),
        (httpx.Response(409), TransientError),
        (httpx.Response(503, headers={"retry-after": "17"}), TransientError),
        (httpx.Response(503), AmbiguousOutcome),
        (httpx.Response(500), AmbiguousOutcome),
        (httpx.Response(502, text="<html>"), AmbiguousOutcome),
        (httpx.Response(401), CredentialError),
        (httpx.Response(403), PermanentError),
        (
            httpx.Response(403, headers={"x-seraph-loginreason": "AUTHENTICATION_DENIED"}),
            CredentialError,
        ),
        (
            httpx.Response(
                403, headers={"x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=x"}
            ),
            CredentialError,
        ),
        (httpx.Response(400), PermanentError),
        (httpx.Response(404), PermanentError),
        (httpx.Response(413), PermanentError),
        (httpx.Response(422), PermanentError),
        (httpx.Response(302, headers={"location": "https://login.example"}), PermanentError),
        (httpx.Response(201, text="<html>"), AmbiguousOutcome),
        (httpx.ReadTimeout("cut"), AmbiguousOutcome),
        (httpx.RemoteProtocolError("cut"), AmbiguousOutcome),
        (httpx.ConnectTimeout("no"), TransientError),
    ],
    ids=range(20),
)
def test_a_create_is_judged_by_whether_it_may_have_happened(
    answer: httpx.Response | Exception,
    error: type[DeliveryError],
    site: JiraClient,
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock.post(f"{API}/issue/10231/comment").mock(side_effect=[answer])

    with pytest.raises(DeliveryError) as caught:
        comment(site)

    assert type(caught.value) is error
    if isinstance(answer, httpx.Response) and answer.status_code != 201:
        assert caught.value.code == str(answer.status_code)


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(503), httpx.Response(200, text="x"), httpx.ReadError("")],
    ids=range(4),
)
def test_a_read_that_fails_may_simply_be_repeated(
    answer: httpx.Response | Exception, site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/issue/10231").mock(side_effect=[answer])

    with pytest.raises(TransientError):
        TransitionIssue(issue="10231", to="done").run(site, KEY)


def test_an_edit_that_fails_may_be_repeated(site: JiraClient, respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{API}/field").respond(json=FIELDS)
    respx_mock.put(f"{API}/issue/10231").respond(500)

    with pytest.raises(TransientError):
        UpdateIssue(issue="10231", summary="x").run(site, KEY)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3000"}, 3000.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:40 GMT"}, 40.0),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:00 GMT"}, 0.0),
        ({"x-ratelimit-reset": "2026-11-23T09:02Z"}, 120.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
    ids=range(7),
)
def test_jira_says_how_long_to_wait(
    headers: dict[str, str],
    seconds: float | None,
    site: JiraClient,
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock.post(f"{API}/issue/10231/comment").respond(429, headers=headers)

    with pytest.raises(TransientError) as caught:
        comment(site)

    assert caught.value.retry_after == seconds


def test_a_refusal_is_in_jiras_words_and_holds_no_secret(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    body = {"errorMessages": ["No."], "errors": {"comment": "is too long " + "x" * 2000}}
    respx_mock.post(f"{API}/issue/10231/comment").respond(
        400, json=body, headers={"set-cookie": "session=hidden"}
    )

    with recording() as exchanges, pytest.raises(PermanentError) as caught:
        comment(site)

    assert "No.; comment: is too long" in str(caught.value)
    assert len(str(caught.value)) < 1_200
    assert "hidden" not in str(caught.value) + repr(exchanges)
    assert "token-1" not in repr(exchanges)


def test_a_token_that_is_not_there_pauses_the_connection(
    site: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_TOKEN")

    with pytest.raises(CredentialError, match="JIRA_TOKEN"):
        comment(site)


def test_the_library_is_judged_by_the_same_rules(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/myself")
    route.side_effect = [
        httpx.Response(401),
        httpx.Response(429, headers={"retry-after": "9"}),
        httpx.Response(503),
        httpx.ReadTimeout("cut"),
        httpx.Response(200, text="<html>"),
    ]
    kinds = []

    for _ in range(5):
        with pytest.raises(DeliveryError) as caught:
            site.myself()
        kinds.append(type(caught.value))

    assert kinds == [CredentialError, *[TransientError] * 4]
    assert route.call_count == 5  # it never repeats by itself


def test_the_library_asks_for_the_permissions_by_name(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    held = {"EDIT_ISSUES": {"havePermission": True}, "ADD_COMMENTS": {"havePermission": False}}
    route = respx_mock.get(f"{API}/mypermissions").respond(json={"permissions": held})

    found = site.permissions("HBR", PERMISSIONS)

    assert [name for name, have in found.items() if have] == ["EDIT_ISSUES"]
    assert route.calls.last.request.url.params["permissions"] == ",".join(PERMISSIONS)
    assert route.calls.last.request.headers["authorization"].startswith("Basic ")


def test_data_center_is_asked_with_a_bearer_token(respx_mock: respx.MockRouter) -> None:
    settings = settings_of(flavour="datacenter", email=None)
    site = connect("jira", settings, Http("jira", allow_hosts=frozenset(hosts(settings))))
    routes = [
        respx_mock.get(f"{API}/myself").respond(json={"name": "bridge"}),
        respx_mock.get(f"{API}/issue/1").respond(json={"id": "1", "key": "HBR-1", "fields": {}}),
    ]

    site.myself()
    site.issue("1", ["status"])

    said = {route.calls.last.request.headers["authorization"] for route in routes}
    assert said == {"Bearer token-1"}


def test_a_token_with_scopes_goes_to_the_api_address(respx_mock: respx.MockRouter) -> None:
    api = "https://api.atlassian.com/ex/jira/7f-22"
    settings = settings_of(api_url=api)
    site = connect("jira", settings, Http("jira", allow_hosts=frozenset(hosts(settings))))
    respx_mock.get(f"{api}/rest/api/2/issue/1").respond(
        json={"id": "1", "key": "HBR-1", "fields": {"status": {"id": "3", "name": "Done"}}}
    )

    done = TransitionIssue(issue="1", to="Done").run(site, KEY)

    assert done.url == f"{URL}/browse/HBR-1"
