"""`bridge rules try`: a live record under mappings that are not live, and nothing comes of it."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bridge.db import Base
from bridge.rules.tables import RuleSetRow
from bridge.schema import metadata
from cli.house import MAPPINGS, House
from patience import until

CASE = "salesforce:Case:"
RULE = "feedback-becomes-engineering-task"
READS = {"POST /issue/bulkfetch", "GET /field"}
LOOKED_AT = {"audit", "budget"}  # who looked is kept, and what the vendor counts


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """The shipped mappings, whose tasks are to become bugs; their tests have not heard of it."""
    folder = tmp_path / "mine"
    shutil.copytree(MAPPINGS, folder)
    rules = folder / "rules" / "feedback.yaml"
    text = rules.read_text("utf-8")
    rules.write_text(text.replace("          type: Task", "          type: Bug"), "utf-8")
    return folder


def rows(house: House) -> dict[str, int]:
    """How many there are in each table."""
    with house.stage.bridge.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata().sorted_tables
        }


def rule(found: Any, name: str) -> Any:
    (one,) = (each for each in found["rules"] if each["rule"] == name)
    return one


def test_a_case_is_tried_by_its_number_with_the_values_of_each_action(
    house: House, candidate: Path
) -> None:
    case = house.stage.salesforce.record("Case", house.cases["critical"])
    number, key = case["CaseNumber"], case["Jira_Key__c"]

    found = house.asked("rules", "try", number, str(candidate), role="operator")

    (answer,) = rule(found, RULE)["answers"]
    task, card = answer["would"]
    assert found["ref"] == f"{CASE}{house.cases['critical']}"
    assert (rule(found, RULE)["on"], rule(found, RULE)["pretended"]) == ("feedback.created", True)
    assert (task["action"], task["args"]["type"]) == ("jira.create_issue", "Bug")
    assert task["args"]["summary"].endswith("Critical trouble")
    assert task["note"] == f"makes nothing: task is {key} already"
    assert card["args"]["title"].endswith("${task.key}")
    assert card["waits_for"] == ["task"]


def test_nothing_is_sent_and_nothing_is_kept_but_who_looked(house: House, candidate: Path) -> None:
    stage = house.stage
    assert until(lambda: rows(house)["poll"] > 0), "the leader has planned its searches"
    before, asked = rows(house), Counter(stage.jira.requests)
    written = stage.salesforce.journal
    cards = len(stage.teams.cards("engineering"))

    for what in (house.cases["critical"], "ENG-1"):
        house.asked("rules", "try", what, str(candidate))

    after = rows(house)
    assert {name for name in after if after[name] != before[name]} <= LOOKED_AT
    assert after["audit"] == before["audit"] + 2
    assert {one for one in stage.jira.requests - asked if one not in READS} == set()
    assert stage.salesforce.journal == written
    assert len(stage.teams.cards("engineering")) == cards


def test_a_condition_that_fails_says_why(house: House, candidate: Path) -> None:
    found = house.asked("rules", "try", house.cases["low"], str(candidate))

    (answer,) = rule(found, RULE)["answers"]
    page = house.run("rules", "try", house.cases["low"], str(candidate)).output

    assert answer["answer"] == "no_match"
    assert "feedback.severity" in answer["reason"]
    assert answer["would"] == []
    assert f"{RULE}: " in page
    assert "as if feedback.created" in page


def test_a_record_that_bridge_never_saw_is_read_by_its_number(
    own_house: House, candidate: Path
) -> None:
    stage = own_house.stage
    with stage.bridge.database.transaction() as session:
        for name in ("message", "event", "record", "link"):
            session.execute(Base.metadata.tables[name].delete())
    number = stage.salesforce.record("Case", own_house.cases["critical"])["CaseNumber"]

    found = own_house.asked("rules", "try", number, str(candidate))

    assert (found["known"], rule(found, RULE)["pretended"]) == (False, False)
    assert rule(found, RULE)["answers"][0]["would"][0]["note"] == ""


def test_the_live_record_counts_and_not_what_is_known_of_it(
    own_house: House, candidate: Path
) -> None:
    case = own_house.cases["low"]
    own_house.stage.salesforce.aim()  # at nobody: Bridge is not told
    own_house.stage.salesforce.edit("Case", case, Severity__c="Critical")

    found = own_house.asked("rules", "try", case, str(candidate))

    assert found["changed"] == ["severity"]
    assert found["record"]["severity"] == "critical"
    assert rule(found, RULE)["answers"][0]["answer"] == "matched"


def test_an_event_and_a_change_may_be_pretended(house: House, candidate: Path) -> None:
    words = ("rules", "try", "ENG-1", str(candidate))

    alone = house.asked(*words, "--on", "work_item.updated")
    due = house.asked(*words, "--on", "work_item.updated", "--changed", "due")
    strange = house.run(*words, "--changed", "colour")
    never = house.run(*words, "--on", "work_item.painted")

    assert {one["on"] for one in (*alone["rules"], *due["rules"])} == {"work_item.updated"}
    assert (alone["changed"], due["changed"]) == ([], ["due"])
    assert alone["rules"] != due["rules"]
    assert "no change of 'colour' makes an event" in strange.output
    assert "no rule waits for 'work_item.painted'" in never.output
    assert {strange.exit_code, never.exit_code} == {2}


def test_what_was_active_is_tried_by_its_version(house: House) -> None:
    found = house.asked("rules", "try", house.cases["critical"], "active")
    with house.stage.bridge.database.reading() as session:
        known = set(session.scalars(select(RuleSetRow.hash)))

    assert found["version"] in known
    assert rule(found, "goes-nowhere")


@pytest.mark.parametrize(
    ("record", "said"),
    [("99999999", "is no record"), ("https://elsewhere.test/ENG-99", "names nothing")],
)
def test_what_names_no_record_is_said(
    house: House, candidate: Path, record: str, said: str
) -> None:
    refused = house.run("rules", "try", record, str(candidate), columns=400)

    assert refused.exit_code == 2
    assert said in refused.output


def test_a_folder_with_a_mistake_is_refused_with_its_place(house: House, candidate: Path) -> None:
    rules = candidate / "rules" / "feedback.yaml"
    rules.write_text(rules.read_text("utf-8").replace("    when:", "    whem:"), "utf-8")

    refused = house.run("rules", "try", house.cases["critical"], str(candidate))

    assert "The mappings have faults: rules/feedback.yaml:" in refused.output


def test_a_system_that_is_away_is_said_and_not_waited_for_by_anybody_else(
    own_house: House, candidate: Path
) -> None:
    own_house.stage.salesforce.revoke()

    refused = own_house.run("rules", "try", own_house.cases["critical"], str(candidate))

    assert refused.exit_code == 2
    assert "The record cannot be read now" in refused.output


def test_a_system_that_somebody_has_paused_is_not_asked(own_house: House, candidate: Path) -> None:
    own_house.run("connections", "pause", "salesforce", "--why", "an upgrade")
    before = Counter(own_house.stage.salesforce.requests)

    known = own_house.run("rules", "try", own_house.cases["critical"], str(candidate))
    unknown = own_house.run("rules", "try", "00009999", str(candidate))

    assert "salesforce is not called now; see: bridge connections" in known.output
    assert (known.exit_code, unknown.exit_code) == (2, 2)
    assert own_house.stage.salesforce.requests == before


def test_a_viewer_tries_nothing(house: House, candidate: Path) -> None:
    refused = house.run("rules", "try", house.cases["critical"], str(candidate), role="viewer")

    assert "Your key may not do this" in refused.output


def test_a_sync_says_what_it_would_write_by_what_both_ends_show_now_also_one_that_is_off(
    own_house: House, candidate: Path
) -> None:
    stage, case = own_house.stage, own_house.cases["critical"]
    issue = stage.salesforce.record("Case", case)["Jira_Key__c"]
    stage.salesforce.aim()  # at nobody: Bridge is not told
    stage.salesforce.edit("Case", case, Promised_Date__c="2026-12-24")
    stage.jira.edit_issue(issue, {"labels": []})

    (sync,) = own_house.asked("rules", "try", case, str(candidate))["syncs"]
    (back,) = own_house.asked("rules", "try", issue, str(candidate))["syncs"]
    page = own_house.run("rules", "try", case, str(candidate)).output
    alone = own_house.asked("rules", "try", case, str(candidate), "--on", "feedback.updated")

    told = {one["pair"]: one for one in sync["fields"]}
    assert (sync["sync"], sync["mode"], sync["far"], sync["note"]) == (
        "case-and-issue", "off", issue, "",
    )  # fmt: skip
    assert (back["far"], back["fields"]) == (
        stage.salesforce.record("Case", case)["CaseNumber"],
        sync["fields"],
    )
    assert (told["promised"]["writes"], told["promised"]["value"]) == (
        "jira",
        "2026-12-24T00:00:00Z",
    )
    assert told["promised"]["sets"] == "customfield_10035"
    assert told["severity/priority"]["outcome"] == "in_step"
    assert f"In sync case-and-issue (mode off) with {issue}:\n" in page
    assert alone["syncs"] == []


def test_an_end_that_cannot_be_read_is_taken_as_it_is_known_and_that_is_said(
    own_house: House, candidate: Path
) -> None:
    own_house.stage.jira.revoke_credentials()

    (sync,) = own_house.asked("rules", "try", own_house.cases["critical"], str(candidate))["syncs"]

    assert sync["note"].startswith("jira:issue:")
    assert "as Bridge knows it: jira could not be read" in sync["note"]
