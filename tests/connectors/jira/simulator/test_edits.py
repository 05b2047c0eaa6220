"""Editing, moving and deleting issues over REST."""

from typing import Any

import pytest

from connectors.jira.simulator.harness import Jira, errors, message


def test_an_edit_changes_and_answers_nothing(jira: Jira) -> None:
    jira.create(labels=["a", "b"])

    body = {
        "fields": {"summary": "New"},
        "update": {"labels": [{"add": "c"}, {"remove": "a"}]},
    }
    assert jira.put("/issue/ENG-1", body).status_code == 204

    fields = jira.sim.issue("ENG-1")["fields"]
    assert (fields["summary"], fields["labels"]) == ("New", ["b", "c"])


def test_one_refused_field_refuses_the_whole_edit(jira: Jira) -> None:
    jira.create()

    answer = jira.put("/issue/ENG-1", {"fields": {"summary": "New", "duedate": "soon"}})

    assert list(errors(answer)) == ["duedate"]
    assert jira.sim.issue("ENG-1")["fields"]["summary"] == "Broken"


@pytest.mark.parametrize(
    "body",
    [
        {"fields": {"labels": ["x"]}, "update": {"labels": [{"add": "y"}]}},
        {"update": {"summary": [{"add": "y"}]}},
        {"update": {"labels": {"add": "y"}}},
        {"update": {"comment": [{"add": {}}]}},
        {"fields": {"project": {"key": "OPS"}}},
        {"fields": {"summary": None}},
        {"fields": {"issuetype": {"name": "Epic"}}},
    ],
)
def test_an_edit_of_a_wrong_form_is_refused(jira: Jira, body: Any) -> None:
    jira.create()

    assert errors(jira.put("/issue/ENG-1", body))


def test_an_edit_ignores_a_transition_and_may_return_the_issue(jira: Jira) -> None:
    jira.create()

    body = {"fields": {"summary": "New"}, "transition": {"id": "11"}}
    answer = jira.ask("PUT", "/issue/ENG-1?returnIssue=true", json=body)

    assert (answer.status_code, answer.json()["fields"]["summary"]) == (200, "New")
    assert jira.sim.status("ENG-1") == "To Do"


def test_a_moved_issue_is_found_by_both_keys(jira: Jira) -> None:
    jira.create()

    assert jira.sim.move_issue("ENG-1", "OPS") == "OPS-1"

    assert jira.get("/issue/ENG-1").json()["key"] == "OPS-1"
    assert jira.get("/issue/10001").json()["key"] == "OPS-1"


def test_the_history_of_an_issue_is_kept(jira: Jira) -> None:
    jira.create()
    jira.put("/issue/ENG-1", {"fields": {"duedate": "2026-12-24"}})

    (entry,) = jira.get("/issue/ENG-1/changelog").json()["values"]
    expanded = jira.get("/issue/ENG-1", expand="changelog").json()["changelog"]

    assert entry["items"][0]["fieldId"] == "duedate"
    assert expanded["histories"] == [entry]


def test_a_deleted_issue_is_gone(jira: Jira) -> None:
    jira.create()

    assert jira.ask("DELETE", "/issue/ENG-1").status_code == 204
    assert message(jira.get("/issue/ENG-1"), 404).startswith("Issue does not exist")
