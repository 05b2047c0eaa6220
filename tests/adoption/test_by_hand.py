"""Two records that a person links: named as people name them, judged, told to the rules, audited."""

import json
from typing import Any

import pytest

from adoption.estate import Estate


def test_a_link_by_hand_brings_the_board_in_step(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    with estate.silence():
        estate.stage.jira.transition(key, "Done")
    wish = {"left": estate.number(case), "right": key, "role": "task", "why": "made by hand"}

    answer = estate.post("/links", wish)
    estate.settle()
    shown = estate.stage.salesforce.record("Case", case)

    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["outcome"], made["link"]["key"], made["link"]["state"]) == ("adopted", key, "live")
    assert (shown["Jira_Status__c"], shown["Jira_Key__c"]) == ("Done", key)
    (entry,) = estate.get("/audit", target=made["link"]["id"])["items"]
    assert (entry["verb"], entry["reason"], entry["difference"]["key"]) == (
        "link",
        "made by hand",
        key,
    )
    events = estate.get("/events", subject=made["right_ref"])["items"]
    assert "work_item.linked" in {one["kind"] for one in events}


def test_a_dry_run_says_what_would_come_of_it_and_keeps_nothing(estate: Estate) -> None:
    case, key, other = estate.case(), estate.issue(), estate.issue()
    estate.post("/links", {"left": case, "right": key, "role": "task"})
    before = estate.rows()
    asked = [(case, key), (case, other), (case, "ENG-99999"), (estate.case(), other)]

    said = [
        estate.post("/links", {"left": left, "right": right, "role": "task", "dry_run": True})
        for left, right in asked
    ]

    outcomes = [one.json()["outcome"] for one in said]
    assert outcomes == ["linked", "conflict", "not_found", "link"]
    assert estate.rows() == before


def test_issues_are_linked_by_a_relation_that_no_rule_makes(estate: Estate) -> None:
    """Known records need no place to be looked up; the role is called like the relation."""
    first, second, third = (estate.issue() for _ in range(3))
    estate.adopt(*((estate.case(), key) for key in (first, second, third)))
    wish = {"left": first, "relation": "duplicates"}

    answers = [estate.post("/links", {**wish, "right": right}) for right in (second, third, first)]

    assert [one.status_code for one in answers] == [200, 200, 409]
    assert answers[0].json()["role"] == "duplicates"
    assert "both ends" in answers[2].json()["detail"]


def test_a_mirror_is_one_to_one(estate: Estate) -> None:
    one, two, key, other = estate.case(), estate.case(), estate.issue(), estate.issue()
    mirror = {"role": "task", "relation": "mirrors"}
    estate.post("/links", {"left": one, "right": key, **mirror})

    taken = estate.post("/links", {"left": two, "right": key, **mirror})
    second = estate.post("/links", {"left": one, "right": other, **mirror, "several": True})
    plan = estate.plan(
        {
            "pairs": [{"left": two, "right": other}, {"left": estate.case(), "right": other}],
            **mirror,
        }
    )

    assert (taken.status_code, second.status_code) == (409, 409)
    assert "unlink it first" in taken.json()["detail"]
    assert plan["counts"] == {"ambiguous": 2}
    assert f"rows 1, 2 give '{other}' different answers" in str(plan["examples"])


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [
        ({"right": "ENG-99999", "role": "task"}, 422, "no issue of jira is called"),
        ({"right": "ENG-99999"}, 400, "say which `role`"),
        ({"right": "ENG-99999", "relation": "originates"}, 400, "say which `role`"),
        ({"right": "ENG-99999", "relation": "part_of"}, 400, "say `right_object`"),
        ({"right": "x", "role": "task", "right_object": "teams:card"}, 400, "'teams'"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_says_why(
    estate: Estate, wish: dict[str, Any], status: int, said: str
) -> None:
    case = estate.case()
    estate.adopt((case, estate.issue()))

    answer = estate.post("/links", {"left": case, **wish})

    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_a_system_that_is_away_is_said_and_nothing_is_linked(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    estate.stage.jira.faults.configure(outage=True)

    answer = estate.post("/links", {"left": case, "right": key, "role": "task"})
    estate.stage.jira.faults.calm()

    assert answer.status_code in {502, 503}
    assert estate.links(case) == []


def test_the_command_links_and_says_what_it_would(estate: Estate) -> None:
    case, key = estate.case(), estate.issue()
    words = ("links", "link", estate.number(case), key, "--role", "task")

    dry = estate.command(*words, "--dry-run")
    between = estate.links(case)
    made = estate.printed(*words, "--silent", "--why", "by hand")
    again = estate.command(*words)
    twice = estate.command("links", "link", estate.number(case), estate.issue(), "--role", "task")
    listed = estate.command("links", "list", key).stdout

    assert (dry.returncode, between) == (0, []), dry.stderr
    assert "link" in dry.stdout
    assert (estate.number(case) in listed, key in listed, "salesforce:Case" in listed) == (
        True,
        True,
        False,
    )
    assert made["link"]["note"].startswith("linked by")
    assert (again.returncode, "linked" in again.stdout) == (0, True)
    assert (twice.returncode, "unlink it first" in twice.stderr) == (2, True), twice.stderr


def test_a_dry_run_that_finds_a_fault_is_no_success(estate: Estate) -> None:
    case = estate.case()
    words = ("links", "link", estate.number(case), "ENG-99999", "--role", "task", "--dry-run")

    page, found = estate.command(*words), estate.command(*words, "--json")

    assert (page.returncode, found.returncode) == (1, 1)
    assert "no issue of jira is called 'ENG-99999'" in " ".join(page.stdout.split())
    assert estate.number(case) in page.stdout
    assert json.loads(found.stdout)["outcome"] == "not_found"
