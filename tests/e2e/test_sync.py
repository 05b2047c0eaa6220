"""Against the simulators: a case and its issue agree, whoever changes which of them, told or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from e2e import lost, synced
from patience import until


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage.up(synced.folder(tmp_path), seed=5)
    yield made
    made.close()


def test_a_case_and_its_issue_agree_after_edits_of_both_told_and_untold(stage: Stage) -> None:
    assert until(lambda: lost.planned(stage))
    case = synced.case(stage)
    stage.jira.edit_issue("ENG-1", {"summary": "It reboots in rain"})
    stage.jira.transition("ENG-1", "In Progress")
    wait(stage, lambda: None)
    stage.salesforce.edit(
        "Case",
        case,
        Description="Whenever it rains, *hard*.",
        Severity__c="Low",
        Promised_Date__c="2026-12-24",
    )
    wait(stage, lambda: None)
    told = synced.writes(stage)
    lost.cut(stage)
    stage.jira.edit_issue("ENG-1", {"summary": "Nobody was told"})
    stage.salesforce.edit("Case", case, Severity__c="High")
    wait(stage, lambda: None)  # what was changed a moment ago is not searched for
    lost.search(stage)
    lost.search(stage)
    issue: dict[str, Any] = stage.jira.issue("ENG-1")["fields"]
    record = stage.salesforce.record("Case", case)

    # The title that the create put into brackets, two edits of an issue, one of a case.
    assert told == ["jira", "salesforce", "salesforce", "jira"]
    assert sorted(synced.writes(stage)[len(told) :]) == ["jira", "salesforce"]
    assert issue["summary"] == record["Subject"] == "Nobody was told"
    assert (issue["description"], record["Description"]) == (
        r"Whenever it rains, \*hard\*.",
        "Whenever it rains, *hard*.",
    )
    assert (issue["priority"]["name"], record["Severity__c"]) == ("High", "High")
    assert issue["customfield_10035"] == record["Promised_Date__c"] == "2026-12-24"
    assert (issue["status"]["name"], record["Status"]) == ("In Progress", "Working")
