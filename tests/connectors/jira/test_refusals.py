"""What Jira says no to, and what a delivery then is told to do."""

import httpx
import pytest
import respx

from bridge.connectors.jira.actions import (
    AddComment,
    CreateIssue,
    LinkRemote,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.jira.check import PERMISSIONS
from bridge.connectors.jira.client import JiraClient, connect
from bridge.connectors.jira.failure import FieldRefusal
from bridge.connectors.jira.library import Library
from bridge.connectors.jira.mark import mark_label
from bridge.connectors.jira.rest import Rest
from bridge.connectors.jira.settings import hosts
from bridge.connectors.jira.site import FORM_SECONDS, Site
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
)
from bridge.http import Http, recording
from clocks import FakeClock
from connectors.jira.fake import FakeJira
from connectors.jira.harbour import URL, settings_of

API = f"{URL}/rest/api/2"
KEY = "wrk_mzxw6ytboi"
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "customfield_1", "name": "Tier", "schema": {"type": "string"}},
]


@pytest.fixture
def client(clock: FakeClock) -> JiraClient:
    settings = settings_of()
    http = Http("jira", allow_hosts=frozenset(hosts(settings)))
    rest = Rest(settings, http, clock)
    return Site("jira", settings, rest=rest, library=Library(settings, http, clock), clock=clock)


def comment(client: JiraClient) -> None:
    AddComment(issue="10231", body="Seen").run(client, KEY)


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
    client: JiraClient,
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock.post(f"{API}/issue/10231/comment").mock(side_effect=[answer])

    with pytest.raises(DeliveryError) as caught:
        comment(client)

    assert type(caught.value) is error
    if isinstance(answer, httpx.Response) and answer.status_code != 201:
        assert caught.value.code == str(answer.status_code)


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(503), httpx.Response(200, text="x"), httpx.ReadError("")],
    ids=range(4),
)
def test_a_read_that_fails_may_simply_be_repeated(
    answer: httpx.Response | Exception, client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/issue/10231").mock(side_effect=[answer])

    with pytest.raises(TransientError):
        TransitionIssue(issue="10231", to="done").run(client, KEY)


def test_an_edit_that_fails_may_be_repeated(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/field").respond(json=FIELDS)
    respx_mock.put(f"{API}/issue/10231").respond(500)

    with pytest.raises(TransientError):
        UpdateIssue(issue="10231", summary="x").run(client, KEY)


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
    client: JiraClient,
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock.post(f"{API}/issue/10231/comment").respond(429, headers=headers)

    with pytest.raises(TransientError) as caught:
        comment(client)

    assert caught.value.retry_after == seconds


def test_a_refusal_is_in_jiras_words_and_holds_no_secret(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    body = {"errorMessages": ["No."], "errors": {"comment": "is too long " + "x" * 2000}}
    respx_mock.post(f"{API}/issue/10231/comment").respond(
        400, json=body, headers={"set-cookie": "session=hidden"}
    )

    with recording() as exchanges, pytest.raises(PermanentError) as caught:
        comment(client)

    assert "No.; comment: is too long" in str(caught.value)
    assert len(str(caught.value)) < 1_200
    assert "hidden" not in str(caught.value) + repr(exchanges)
    assert "token-1" not in repr(exchanges)


def test_a_token_that_is_not_there_pauses_the_connection(
    client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_TOKEN")

    with pytest.raises(CredentialError, match="JIRA_TOKEN"):
        comment(client)


def test_the_library_is_judged_by_the_same_rules(
    client: JiraClient, respx_mock: respx.MockRouter
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
            client.myself()
        kinds.append(type(caught.value))

    assert kinds == [CredentialError, *[TransientError] * 4]
    assert route.call_count == 5  # it never repeats by itself


def test_the_library_asks_for_the_permissions_by_name(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    held = {"EDIT_ISSUES": {"havePermission": True}, "ADD_COMMENTS": {"havePermission": False}}
    route = respx_mock.get(f"{API}/mypermissions").respond(json={"permissions": held})

    found = client.permissions("HBR", PERMISSIONS)

    assert [name for name, have in found.items() if have] == ["EDIT_ISSUES"]
    assert route.calls.last.request.url.params["permissions"] == ",".join(PERMISSIONS)
    assert route.calls.last.request.headers["authorization"].startswith("Basic ")


def test_data_center_is_asked_with_a_bearer_token(respx_mock: respx.MockRouter) -> None:
    settings = settings_of(flavour="datacenter", email=None)
    client = connect("jira", settings, Http("jira", allow_hosts=frozenset(hosts(settings))))
    routes = [
        respx_mock.get(f"{API}/myself").respond(json={"name": "bridge"}),
        respx_mock.get(f"{API}/issue/1").respond(json={"id": "1", "key": "HBR-1", "fields": {}}),
    ]

    client.myself()
    client.issue("1", ["status"])

    said = {route.calls.last.request.headers["authorization"] for route in routes}
    assert said == {"Bearer token-1"}


def test_a_token_with_scopes_goes_to_the_api_address(respx_mock: respx.MockRouter) -> None:
    api = "https://api.atlassian.com/ex/jira/7f-22"
    settings = settings_of(api_url=api)
    client = connect("jira", settings, Http("jira", allow_hosts=frozenset(hosts(settings))))
    respx_mock.get(f"{api}/rest/api/2/issue/1").respond(
        json={"id": "1", "key": "HBR-1", "fields": {"status": {"id": "3", "name": "Done"}}}
    )

    done = TransitionIssue(issue="1", to="Done").run(client, KEY)

    assert done.url == f"{URL}/browse/HBR-1"


def test_metadata_is_read_once_and_again_after_its_time(
    client: JiraClient, clock: FakeClock, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/field").respond(json=FIELDS)
    respx_mock.put(f"{API}/issue/10231").respond(204)
    update = UpdateIssue(issue="10231", summary="x")

    for step in (0.0, FORM_SECONDS - 1, 2.0):
        clock.advance(step)
        update.run(client, KEY)

    assert route.call_count == 2


def test_after_a_refused_field_the_issues_own_form_is_read_once(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    """The list of fields says text; the form says that it is a choice now."""
    respx_mock.get(f"{API}/field").respond(json=FIELDS)
    put = respx_mock.put(f"{API}/issue/10231")
    put.side_effect = [
        httpx.Response(400, json={"errors": {"customfield_1": "Specify a valid 'id'"}}),
        httpx.Response(204),
    ]
    allowed = [{"id": "7", "value": "Gold"}]
    tier = {"name": "Tier", "schema": {"type": "option"}, "allowedValues": allowed}
    respx_mock.get(f"{API}/issue/10231/editmeta").respond(json={"fields": {"customfield_1": tier}})

    done = UpdateIssue(issue="10231", fields={"Tier": "gold"}).run(client, KEY)

    assert put.calls.last.request.content == b'{"fields":{"customfield_1":{"value":"Gold"}}}'
    assert done.wrote == {"customfield_1": {"value": "Gold"}}


def test_a_refusal_that_the_form_does_not_mend_is_final_after_one_call(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/field").respond(json=FIELDS)
    put = respx_mock.put(f"{API}/issue/10231")
    put.respond(400, json={"errors": {"summary": "You shall not"}})
    form = {"summary": {"name": "Summary", "schema": {"type": "string"}}}
    respx_mock.get(f"{API}/issue/10231/editmeta").respond(json={"fields": form})

    with pytest.raises(FieldRefusal, match="summary: You shall not"):
        UpdateIssue(issue="10231", summary="x").run(client, KEY)

    assert put.call_count == 1


def test_a_create_carries_its_mark_twice_in_one_request(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    base = f"{API}/issue/createmeta/HBR/issuetypes"
    labels: dict[str, object] = {"fieldId": "labels", "name": "Labels"}
    labels |= {"schema": {"type": "array", "items": "string", "system": "labels"}}
    respx_mock.get(base).respond(json={"issueTypes": [{"id": "5", "name": "Task"}], "total": 1})
    respx_mock.get(f"{base}/5").respond(json={"fields": [*FIELDS, labels], "total": 3})
    post = respx_mock.post(f"{API}/issue").respond(201, json={"id": "20418", "key": "HBR-10"})

    made = CreateIssue(project="HBR", type="task", summary="Tides\r\nand piers").run(client, KEY)

    assert post.call_count == 1
    sent = post.calls.last.request.content
    assert f'"labels":["{mark_label(KEY)}"]'.encode() in sent
    assert f'"properties":[{{"key":"bridge.write","value":{{"key":"{KEY}"}}}}]'.encode() in sent
    assert b'"summary":"Tides and piers"' in sent
    assert str(made.ref) == "jira:issue:20418"


def test_an_issue_type_that_is_not_there_names_those_that_are(
    client: JiraClient, respx_mock: respx.MockRouter
) -> None:
    base = f"{API}/issue/createmeta/HBR/issuetypes"
    respx_mock.get(base).respond(json={"values": [{"id": "5", "name": "Task"}], "isLast": True})

    with pytest.raises(PermanentError, match="it has: Task"):
        CreateIssue(project="HBR", type="Epic", summary="x").run(client, KEY)


def test_without_a_labels_field_nothing_is_made() -> None:
    fake = FakeJira(settings_of(project="ENG"))
    del fake.fields["labels"]

    with pytest.raises(PermanentError, match="create screen"):
        CreateIssue(type="Task", summary="x").run(fake, KEY)

    assert "create_issue" not in fake.calls


def test_without_any_project_nothing_is_made() -> None:
    fake = FakeJira(settings_of())

    with pytest.raises(PermanentError, match="no project"):
        CreateIssue(type="Task", summary="x").run(fake, KEY)

    assert fake.calls == []


def test_a_transition_somebody_else_made_first_is_a_success() -> None:
    fake = FakeJira(settings_of(project="ENG"))
    made = CreateIssue(type="Task", summary="x").run(fake, KEY)
    fake.lost_transition = True

    done = TransitionIssue(issue=made.key, to="In Progress").run(fake, KEY)

    assert done.outcome == "unchanged"


def test_one_page_is_one_link() -> None:
    fake = FakeJira(settings_of(project="ENG"))
    made = CreateIssue(type="Task", summary="x").run(fake, KEY)
    urls = ["https://crm.example/5", "https://crm.example/5", "https://crm.example/" + "6" * 300]

    for number, url in enumerate(urls):
        LinkRemote(issue=made.key, url=url, title=f"Case {number}").run(fake, f"wrk_{number}")

    links = fake.links(made.key)
    assert [link["object"]["title"] for link in links] == ["Case 1", "Case 2"]
    assert all(len(link["globalId"]) <= 255 for link in links)
