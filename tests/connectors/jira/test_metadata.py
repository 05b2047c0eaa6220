"""Values are written as metadata says, and each write carries what finds it again."""

import httpx
import pytest
import respx

from bridge.connectors.jira.actions import (
    CreateIssue,
    LinkRemote,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.failure import FieldRefusal
from bridge.connectors.jira.mark import mark_label
from bridge.connectors.jira.site import FORM_SECONDS
from bridge.errors import (
    PermanentError,
)
from clocks import FakeClock
from connectors.jira.fake import FakeJira
from connectors.jira.harbour import URL, settings_of

API = f"{URL}/rest/api/2"
KEY = "wrk_mzxw6ytboi"
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": "customfield_1", "name": "Tier", "schema": {"type": "string"}},
]


def test_metadata_is_read_once_and_again_after_its_time(
    site: JiraClient, clock: FakeClock, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/field").respond(json=FIELDS)
    respx_mock.put(f"{API}/issue/10231").respond(204)
    update = UpdateIssue(issue="10231", summary="x")

    for step in (0.0, FORM_SECONDS - 1, 2.0):
        clock.advance(step)
        update.run(site, KEY)

    assert route.call_count == 2


def test_after_a_refused_field_the_issues_own_form_is_read_once(
    site: JiraClient, respx_mock: respx.MockRouter
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

    done = UpdateIssue(issue="10231", fields={"Tier": "gold"}).run(site, KEY)

    assert put.calls.last.request.content == b'{"fields":{"customfield_1":{"value":"Gold"}}}'
    assert done.wrote == {"customfield_1": {"value": "Gold"}}


def test_a_refusal_that_the_form_does_not_mend_is_final_after_one_call(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/field").respond(json=FIELDS)
    put = respx_mock.put(f"{API}/issue/10231")
    put.respond(400, json={"errors": {"summary": "You shall not"}})
    form = {"summary": {"name": "Summary", "schema": {"type": "string"}}}
    respx_mock.get(f"{API}/issue/10231/editmeta").respond(json={"fields": form})

    with pytest.raises(FieldRefusal, match="summary: You shall not"):
        UpdateIssue(issue="10231", summary="x").run(site, KEY)

    assert put.call_count == 1


def test_a_create_carries_its_mark_twice_in_one_request(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    base = f"{API}/issue/createmeta/HBR/issuetypes"
    labels: dict[str, object] = {"fieldId": "labels", "name": "Labels"}
    labels |= {"schema": {"type": "array", "items": "string", "system": "labels"}}
    respx_mock.get(base).respond(json={"issueTypes": [{"id": "5", "name": "Task"}], "total": 1})
    respx_mock.get(f"{base}/5").respond(json={"fields": [*FIELDS, labels], "total": 3})
    post = respx_mock.post(f"{API}/issue").respond(201, json={"id": "20418", "key": "HBR-10"})

    made = CreateIssue(project="HBR", type="task", summary="Tides\r\nand piers").run(site, KEY)

    assert post.call_count == 1
    sent = post.calls.last.request.content
    assert f'"labels":["{mark_label(KEY)}"]'.encode() in sent
    assert f'"properties":[{{"key":"bridge.write","value":{{"key":"{KEY}"}}}}]'.encode() in sent
    assert b'"summary":"Tides and piers"' in sent
    assert str(made.ref) == "jira:issue:20418"


def test_an_issue_type_that_is_not_there_names_those_that_are(
    site: JiraClient, respx_mock: respx.MockRouter
) -> None:
    base = f"{API}/issue/createmeta/HBR/issuetypes"
    respx_mock.get(base).respond(json={"values": [{"id": "5", "name": "Task"}], "isLast": True})

    with pytest.raises(PermanentError, match="it has: Task"):
        CreateIssue(project="HBR", type="Epic", summary="x").run(site, KEY)


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
