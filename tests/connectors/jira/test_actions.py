"""What the actions do, alike at the fake and at both simulated sites over real sockets."""

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.clock import SystemClock
from bridge.connectors.action import Outcome, Receipt
from bridge.connectors.jira.actions import (
    AddComment,
    CreateIssue,
    DeleteComment,
    EditComment,
    LinkRemote,
    TransitionIssue,
    UpdateIssue,
)
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import mark_label
from bridge.errors import PermanentError
from connectors.jira.fake import FakeJira
from connectors.jira.harbour import settings_of
from connectors.jira.sites import client_of, simulated

KEY = "wrk_mzxw6ytboi"


@pytest.fixture(scope="module", params=["fake", "cloud", "datacenter"])
def client(request: pytest.FixtureRequest) -> Iterator[JiraClient]:
    """One site for all tests here: each works on an issue of its own."""
    if request.param == "fake":
        yield FakeJira(settings_of())
        return
    with simulated(request.param, SystemClock()) as (_, settings), client_of(settings) as real:
        yield real


@pytest.fixture
def issue(client: JiraClient) -> str:
    """The id of an issue that is there."""
    made = CreateIssue(project="ENG", type="Task", summary="Tide table").run(client, "wrk_first")
    assert made.ref is not None
    return made.ref.id


def fields_of(client: JiraClient, issue: str) -> dict[str, Any]:
    return dict(client.issue(issue, ["*all"])["fields"])


def create(**changes: Any) -> CreateIssue:
    values = {"project": "ENG", "type": "Task", "summary": "Tides"}
    return CreateIssue.model_validate(values | changes)


def test_what_it_sends_is_known_without_a_call(client: JiraClient) -> None:
    action = create(
        description="*not* bold\n\n{noformat}",
        priority="Highest",
        labels=["from customer"],
        due="2027-01-31T08:00:00Z",
    )

    made = action.run(client, "wrk_sends")

    assert sorted(action.sends()) == ["description", "duedate", "priority", "summary"]
    assert action.sends() == {name: made.wrote[name] for name in action.sends()}


def test_an_issue_is_made_with_its_values_and_found_again(client: JiraClient) -> None:
    action = create(
        description="h1. not a heading",
        priority="highest",
        labels=["from customer"],
        due="2027-01-31T08:00:00Z",
        fields={"Customer Impact": "critical", "Customer Weight": "2.5"},
    )

    made = action.run(client, "wrk_values")
    found = action.find(client, "wrk_values")

    assert made.ref is not None
    shown = fields_of(client, made.ref.id)
    assert shown["summary"] == "Tides"
    assert shown["description"] == "h1\\. not a heading"
    assert shown["priority"]["name"] == "Highest"
    assert set(shown["labels"]) == {"from-customer", mark_label("wrk_values")}
    assert shown["duedate"] == "2027-01-31"
    assert shown["customfield_10031"]["value"] == "Critical"
    assert shown["customfield_10034"] == 2.5
    assert found is not None
    assert (found.ref, found.key, found.url) == (made.ref, made.key, made.url)
    assert made.url == f"{client.settings.url}/browse/{made.key}"
    assert made.wrote["priority"] == {"name": "Highest"}


def test_another_key_finds_nothing(client: JiraClient, issue: str) -> None:
    assert create().find(client, "wrk_other") is None
    assert create().find(client, "wrk_first") is not None


def test_a_parent_may_be_a_ref(client: JiraClient, issue: str) -> None:
    made = create(parent=f"jira:issue:{issue}").run(client, KEY)

    assert made.ref is not None
    assert fields_of(client, made.ref.id)["parent"]["id"] == issue


def test_an_update_sets_what_is_said_and_leaves_the_rest(client: JiraClient, issue: str) -> None:
    action = UpdateIssue(
        issue=f"jira:issue:{issue}",
        priority="High",
        fields={"Due date": "2027-02-01", "Promised At": "2027-02-01T09:30:00+01:00"},
    )

    first = action.run(client, KEY)
    before = fields_of(client, issue)
    action.run(client, KEY)
    UpdateIssue(issue=issue, fields={"duedate": None}).run(client, KEY)

    assert first.outcome is Outcome.DONE
    assert str(first.ref) == f"jira:issue:{issue}"
    assert before["priority"]["name"] == "High"
    assert before["summary"] == "Tide table"
    assert first.wrote["customfield_10036"] == "2027-02-01T08:30:00.000+0000"
    assert (before["duedate"], fields_of(client, issue)["duedate"]) == ("2027-02-01", None)


def test_an_update_of_labels_keeps_our_mark(client: JiraClient, issue: str) -> None:
    UpdateIssue(issue=issue, labels=("pier 4",)).run(client, KEY)

    assert set(fields_of(client, issue)["labels"]) == {"pier-4", mark_label("wrk_first")}


def test_nothing_to_set_is_no_call(client: JiraClient, issue: str) -> None:
    assert UpdateIssue(issue=issue).run(client, KEY).outcome is Outcome.UNCHANGED


def test_a_user_nobody_matches_is_left_alone_and_said(client: JiraClient, issue: str) -> None:
    done = UpdateIssue(issue=issue, assignee="Dana Rey", summary="Tides").run(client, KEY)

    assert fields_of(client, issue)["summary"] == "Tides"
    assert fields_of(client, issue).get("assignee") is None
    assert "assignee" in done.note
    assert "Dana" not in done.note
    assert "assignee" not in done.wrote
    assert done.strangers == ("Dana Rey",)


def test_whom_a_create_leaves_alone_is_told_alone_and_in_bulk(client: JiraClient) -> None:
    one = CreateIssue(project="ENG", type="Task", summary="Tides", assignee="Nobody")

    alone = one.run(client, "wrk_1")
    (bulk,) = CreateIssue.run_batch(client, [(one, "wrk_2")])

    assert isinstance(bulk, Receipt)
    assert (alone.strangers, bulk.strangers) == (("Nobody",), ("Nobody",))


def test_people_are_named_by_the_account_that_is_known_of_them() -> None:
    accounts = {"dana@crm.test": "712020:1f0c", "sam@crm.test": "712020:2a"}
    fields = {"Reporter": "sam@crm.test", "Customer": "dana@crm.test", "duedate": None}
    action = UpdateIssue(issue="ENG-1", assignee="dana@crm.test", fields=fields)

    named = action.naming(accounts.get)

    assert named.sets() == {
        "assignee": "712020:1f0c",
        "Reporter": "712020:2a",
        "Customer": "dana@crm.test",
        "duedate": None,
    }
    assert action.naming(lambda _: None) == action


def test_a_user_named_exactly_is_set(client: JiraClient, issue: str) -> None:
    UpdateIssue(issue=issue, assignee="Dana Reyes").run(client, KEY)

    shown = fields_of(client, issue)["assignee"]
    assert "712020:1f0c" in shown.values() if "accountId" in shown else shown["name"] == "dana"


def test_only_a_user_unknown_is_nothing_done(client: JiraClient, issue: str) -> None:
    done = UpdateIssue(issue=issue, assignee="Nobody").run(client, KEY)

    assert done.outcome is Outcome.UNCHANGED
    assert done.note


@pytest.mark.parametrize("to", ["In Progress", "in progress", "3", "indeterminate", "in_progress"])
def test_a_transition_goes_by_name_id_or_category(client: JiraClient, issue: str, to: str) -> None:
    action = TransitionIssue(issue=issue, to=to)

    first, again = action.run(client, KEY), action.run(client, KEY)

    assert (first.outcome, again.outcome) == (Outcome.DONE, Outcome.UNCHANGED)
    assert fields_of(client, issue)["status"]["id"] == "3"
    assert first.wrote["status"]["name"] == "In Progress"
    assert first.key.startswith("ENG-")


def test_a_required_field_is_named_and_then_taken(client: JiraClient, issue: str) -> None:
    for to in ("In Progress", "In Review"):
        TransitionIssue(issue=issue, to=to).run(client, KEY)
    with pytest.raises(PermanentError, match=r"Resolution \(resolution\)"):
        TransitionIssue(issue=issue, to="done").run(client, KEY)

    done = TransitionIssue(issue=issue, to="done", resolution="Done").run(client, KEY)

    assert done.outcome is Outcome.DONE
    assert fields_of(client, issue)["resolution"]["name"] == "Done"


def test_no_way_names_the_ways_there_are(client: JiraClient, issue: str) -> None:
    with pytest.raises(PermanentError, match="available: In Progress"):
        TransitionIssue(issue=issue, to="Done").run(client, KEY)


def test_a_resolution_nobody_asks_for_is_left_out_and_said(client: JiraClient, issue: str) -> None:
    done = TransitionIssue(issue=issue, to="In Progress", resolution="Done").run(client, KEY)

    assert "resolution" in done.note
    assert fields_of(client, issue).get("resolution") is None


def test_a_comment_is_escaped_and_found_by_its_mark(client: JiraClient, issue: str) -> None:
    action = AddComment(issue=issue, body="[~accountid:712020:9aa1] !x.png!")
    assert action.find(client, KEY) is None

    made = action.run(client, KEY)
    found = action.find(client, KEY)

    assert found is not None
    assert found.ref == made.ref
    (shown,) = client.comments(issue)
    assert shown["body"] == "\\[\\~accountid:712020:9aa1] \\!x.png\\!"
    assert AddComment(issue=issue, body="x").find(client, "wrk_other") is None


@pytest.mark.parametrize("public", [True, False])
def test_a_comment_is_internal_unless_said(
    client: JiraClient,
    issue: str,
    public: bool,
) -> None:
    AddComment(issue=issue, body="Seen", public=public).run(client, KEY)

    (shown,) = client.comments(issue)
    keys = {one["key"] for one in shown["properties"]}
    assert ("sd.public.comment" in keys) is not public


def test_a_comment_is_changed_and_keeps_its_mark(client: JiraClient, issue: str) -> None:
    added = AddComment(issue=issue, body="Ebb")
    made = added.run(client, KEY)

    edited = EditComment(comment=str(made.ref), issue=issue, body="Flo{o}d").run(client, "wrk_edit")

    assert edited.ref == made.ref
    (shown,) = client.comments(issue)
    assert shown["body"] == "Flo\\{o}d"
    found = added.find(client, KEY)
    assert found is not None
    assert found.ref == made.ref


def test_a_comment_is_taken_back_once_and_never_made_anew(client: JiraClient, issue: str) -> None:
    made = AddComment(issue=issue, body="Ebb").run(client, KEY)
    back = DeleteComment(comment=str(made.ref), issue=f"jira:issue:{issue}")

    outcomes = [
        back.run(client, KEY).outcome,
        back.run(client, KEY).outcome,
        EditComment(comment=str(made.ref), issue=issue, body="Flood").run(client, KEY).outcome,
    ]

    assert outcomes == [Outcome.DONE, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert list(client.comments(issue)) == []


def test_what_is_done_to_a_comment_has_one_order() -> None:
    edit = EditComment(comment="jira:comment:30117", issue="ENG-1", body="x")
    back = DeleteComment(comment="30117", issue="jira:issue:10001")

    assert edit.ordering_key() == back.ordering_key()
    assert edit.target_ref("jira") == back.target_ref("jira") == "jira:comment:30117"
    with pytest.raises(PermanentError, match="names no comment"):
        DeleteComment(comment="../30117", issue="ENG-1").target_ref("jira")


def test_a_text_that_is_cut_says_where_the_whole_of_it_is(client: JiraClient, issue: str) -> None:
    place = "https://crm.example/lightning/r/Case/500/view"

    AddComment(issue=issue, body="x" * 40_000, original=place).run(client, KEY)

    (shown,) = client.comments(issue)
    assert len(shown["body"]) == 32_767
    assert shown["body"].endswith(f"… [cut] {place}")


def test_an_issue_that_is_not_there_is_refused_for_good(client: JiraClient) -> None:
    with pytest.raises(PermanentError) as caught:
        AddComment(issue="ENG-4711", body="Seen").run(client, KEY)

    assert caught.value.code == "404"


def test_a_link_may_be_made_twice(client: JiraClient, issue: str) -> None:
    for title in ("Case", "Case 00031771"):
        made = LinkRemote(issue=issue, url="https://crm.example/5", title=title).run(client, KEY)

    assert made.ref is not None
    assert made.ref.id == issue


def test_a_field_nobody_knows_is_refused_by_its_name(client: JiraClient, issue: str) -> None:
    with pytest.raises(PermanentError, match="no field 'Sevurity'"):
        UpdateIssue(issue=issue, fields={"Sevurity": "x"}).run(client, KEY)
    with pytest.raises(PermanentError, match="no field 'Sevurity'"):
        create(fields={"Sevurity": "x"}).run(client, KEY)


@pytest.mark.parametrize("address", ["", "ENG", "jira:comment:7", "../myself", "10/../11", "٣"])
def test_what_names_no_issue_never_becomes_a_path(client: JiraClient, address: str) -> None:
    with pytest.raises(PermanentError, match="names no issue"):
        UpdateIssue(issue=address, summary="x").run(client, KEY)
