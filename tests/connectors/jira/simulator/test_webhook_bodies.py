"""What each act sends: events, shapes, change logs, for Cloud and Data Center."""

from typing import Any

import pytest

from connectors.jira.simulator.harness import Jira

Body = dict[str, Any]


def last(jira: Jira, event: str) -> Body:
    """The body of the latest event of this name."""
    return next(body for name, body in reversed(jira.sim.events) if name == event)


def items(jira: Jira) -> dict[str, Body]:
    """The latest change log, by field."""
    changelog = last(jira, "jira:issue_updated")["changelog"]
    return {item["field"]: item for item in changelog["items"]}


@pytest.fixture
def one(jira: Jira) -> Jira:
    jira.sim.create_issue("Broken", fields={"description": "h3. Text", "labels": ["a"]})
    return jira


def test_a_created_issue_is_told_whole_and_without_addresses(one: Jira) -> None:
    body = last(one, "jira:issue_created")

    assert body["timestamp"] == 1_795_435_200_000
    assert body["issue_event_type_name"] == "issue_created"
    assert body["user"]["accountId"] == "712020:1f0c"
    assert "changelog" not in body
    assert body["issue"]["fields"]["description"] == "h3. Text"
    assert body["issue"]["fields"]["created"].endswith("+0100")
    assert "comment" not in body["issue"]["fields"]
    assert "emailAddress" not in str(body)


def test_our_own_write_comes_back_with_our_account(jira: Jira) -> None:
    jira.create()

    assert last(jira, "jira:issue_created")["user"]["accountType"] == "app"


def test_an_edit_of_many_fields_is_one_change_with_many_items(one: Jira) -> None:
    fields = {
        "labels": ["a", "b"],
        "priority": {"name": "High"},
        "duedate": "2026-12-24",
        "fixVersions": [{"name": "2.4"}],
        "customfield_10031": {"value": "Major"},
        "customfield_10020": 7,
        "summary": "New",
    }
    one.sim.edit_issue("ENG-1", fields)

    changed = items(one)
    assert changed["labels"]["fromString"] == "a"
    assert changed["labels"]["toString"] == "a b"
    assert changed["labels"]["to"] is None
    assert (changed["priority"]["from"], changed["priority"]["to"]) == ("3", "2")
    assert changed["duedate"]["to"] == "2026-12-24"
    assert changed["Fix Version"]["fieldId"] == "fixVersions"
    assert changed["Customer Impact"]["fieldId"] == "customfield_10031"
    assert changed["Customer Impact"]["fieldtype"] == "custom"
    assert (changed["Sprint"]["to"], changed["Sprint"]["toString"]) == ("7", "ENG 7")
    assert changed["summary"]["toString"] == "New"
    assert isinstance(last(one, "jira:issue_updated")["changelog"]["id"], str)


def test_a_security_level_is_shown_with_the_issue_and_told_as_a_change(one: Jira) -> None:
    one.sim.restrict("ENG-1", "Internal")

    shown = last(one, "jira:issue_updated")["issue"]["fields"]["security"]
    assert (shown["id"], shown["name"]) == ("10000", "Internal")
    assert shown["self"].endswith("/rest/api/2/securitylevel/10000")
    assert items(one)["security"]["toString"] == "Internal"

    one.sim.restrict("ENG-1", None)
    assert last(one, "jira:issue_updated")["issue"]["fields"]["security"] is None


def test_an_assignment_has_its_own_type(one: Jira) -> None:
    one.sim.assign("ENG-1", "ivo")

    assert last(one, "jira:issue_updated")["issue_event_type_name"] == "issue_assigned"
    assert items(one)["assignee"]["tmpToAccountId"] == "712020:9aa1"
    one.sim.assign("ENG-1", None)
    assert items(one)["assignee"]["to"] is None


def test_an_edit_that_changes_nothing_has_no_items(one: Jira) -> None:
    one.sim.edit_issue("ENG-1", {"summary": "Broken"})

    assert last(one, "jira:issue_updated")["changelog"]["items"] == []


def test_a_transition_names_both_states(one: Jira) -> None:
    one.sim.transition("ENG-1", "In Progress")

    status = items(one)["status"]
    assert (status["from"], status["fromString"]) == ("10000", "To Do")
    assert (status["to"], status["toString"]) == ("3", "In Progress")
    assert last(one, "jira:issue_updated")["issue_event_type_name"] == "issue_generic"


def test_a_comment_has_a_trimmed_issue_and_no_user(one: Jira) -> None:
    one.sim.comment("ENG-1", "hello", by="ivo", internal=True, visible_to="Developers")

    body = last(one, "comment_created")
    assert "user" not in body
    assert set(body["issue"]["fields"]) == {
        "summary",
        "issuetype",
        "project",
        "assignee",
        "priority",
        "status",
    }
    assert body["comment"]["jsdPublic"] is False
    assert body["comment"]["visibility"] == {"type": "role", "value": "Developers"}
    assert body["comment"]["author"]["accountId"] == "712020:9aa1"


def test_a_comment_changed_and_taken_back(one: Jira) -> None:
    ident = one.sim.comment("ENG-1", "one")
    one.clock.advance(5)
    one.sim.edit_comment("ENG-1", ident, "two", by="mei")
    edited = last(one, "comment_updated")["comment"]
    one.sim.delete_comment("ENG-1", ident)

    assert (edited["body"], edited["updateAuthor"]["displayName"]) == ("two", "Mei 陳")
    assert edited["updated"] > edited["created"]
    assert last(one, "comment_deleted")["comment"]["id"] == ident


def test_data_center_tells_a_comment_twice_and_hides_its_issue(datacenter: Jira) -> None:
    datacenter.sim.create_issue("Broken")
    ident = datacenter.sim.comment("ENG-1", "hello")

    bare = last(datacenter, "comment_created")
    again = last(datacenter, "jira:issue_updated")
    assert set(bare) == {"timestamp", "webhookEvent", "comment"}
    assert bare["comment"]["self"].endswith(f"/rest/api/2/issue/10001/comment/{ident}")
    assert "accountId" not in str(bare)
    assert again["issue_event_type_name"] == "issue_commented"
    assert again["comment"] == bare["comment"]
    assert again["user"]["name"] == "dana"


def test_a_move_changes_the_key_and_keeps_the_id(one: Jira) -> None:
    one.sim.move_issue("ENG-1", "OPS")

    body = last(one, "jira:issue_updated")
    assert (body["issue"]["id"], body["issue"]["key"]) == ("10001", "OPS-1")
    assert body["issue_event_type_name"] == "issue_moved"
    assert (items(one)["Key"]["fromString"], items(one)["Key"]["toString"]) == ("ENG-1", "OPS-1")
    assert (items(one)["project"]["from"], items(one)["project"]["to"]) == ("10001", "10002")


def test_a_deletion_is_followed_by_what_hung_on_the_issue(one: Jira) -> None:
    one.sim.create_issue("Other")
    one.sim.comment("ENG-1", "hello")
    one.sim.link_issues("ENG-1", "ENG-2")
    one.sim.delete_issue("ENG-1")

    names = [name for name, _ in one.sim.events]
    assert names[-3:] == ["jira:issue_deleted", "comment_deleted", "issuelink_deleted"]
    assert one.sim.issue("ENG-2")["fields"]["issuelinks"] == []


def test_a_link_has_numbers_for_ids_and_touches_both_ends(one: Jira) -> None:
    one.sim.create_issue("Other")
    one.sim.link_issues("ENG-1", "ENG-2")

    link = last(one, "issuelink_created")["issueLink"]
    assert (link["sourceIssueId"], link["destinationIssueId"]) == (10_001, 10_002)
    assert link["issueLinkType"]["name"] == "Blocks"
    assert items(one)["Link"]["toString"] == "This issue is blocked by ENG-1"


def test_work_is_told_without_its_issue(one: Jira) -> None:
    one.sim.log_work("ENG-1", 3600)

    body = last(one, "worklog_created")
    assert body["worklog"]["issueId"] == "10001"
    assert "issue" not in body
    assert items(one)["timespent"]["to"] == "3600"


def test_versions_sprints_and_projects_are_told(jira: Jira) -> None:
    jira.sim.release_version("2.4")
    jira.sim.start_sprint(7)
    jira.sim.rename_project("ENG", "Makers")

    version = last(jira, "jira:version_released")["version"]
    sprint = last(jira, "sprint_started")["sprint"]
    project = last(jira, "project_updated")["project"]
    assert (version["released"], version["projectId"]) == (True, 10_001)
    assert version["releaseDate"] == "2026-11-23"
    assert (sprint["id"], sprint["state"], sprint["originBoardId"]) == (7, "active", 3)
    assert (project["id"], project["name"]) == (10_001, "Makers")


def test_more_of_versions_and_sprints(jira: Jira) -> None:
    ident = jira.sim.create_version("3.0")
    jira.sim.plan_version("3.0", "2027-01-31")
    jira.sim.release_version("3.0")
    jira.sim.unrelease_version("3.0")
    number = jira.sim.create_sprint("ENG 9", goal="less")
    jira.sim.close_sprint(number)

    names = [name for name, _ in jira.sim.events]
    assert names == [
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_unreleased",
        "sprint_created",
        "sprint_closed",
    ]
    assert last(jira, "jira:version_unreleased")["version"]["id"] == ident
    assert last(jira, "sprint_created")["sprint"]["goal"] == "less"


def test_an_empty_reporter_is_null(one: Jira) -> None:
    one.sim.edit_issue("ENG-1", {"reporter": None})

    assert last(one, "jira:issue_updated")["issue"]["fields"]["reporter"] is None


def test_a_property_is_told(one: Jira) -> None:
    one.put("/issue/ENG-1/properties/link", {"id": 1})

    assert last(one, "issue_property_set")["property"] == {"key": "link", "value": {"id": 1}}
