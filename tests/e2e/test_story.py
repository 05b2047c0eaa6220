"""The whole service on real sockets, against the simulators, in fair weather and in foul."""

from pathlib import Path

import pytest

from bridge.demo.agreeing import SYNC
from bridge.demo.faults import disturb
from bridge.demo.run import tell, wait
from bridge.demo.stage import Stage
from bridge.demo.tally import tally
from bridge.outbox.tables import ConnectionRow

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.mark.parametrize("weather", ["fair", "foul"])
def test_everything_arrives_once(weather: str) -> None:
    stage = Stage.up(MAPPINGS, seed=11, more={"syncs/case-and-issue.yaml": SYNC})
    try:
        if weather == "foul":
            disturb(stage)

        played = tell(stage, lambda: wait(stage, lambda: None), lambda _: None)
        found = tally(stage, played)
    finally:
        stage.close()

    assert found.missing == ()
    assert found.twice == ()
    assert found.dead == 0
    assert found.succeeded == found.deliveries


def test_a_second_click_answers_with_the_same_key() -> None:
    stage = Stage.up(MAPPINGS, seed=3)
    try:
        case = stage.salesforce.create_case(
            RecordType="Feedback", Subject="Dark mode", Severity__c="Low"
        )
        wait(stage, lambda: None)
        stage.salesforce.click_send_to_engineering(case)
        wait(stage, lambda: None)
        first = stage.salesforce.record("Case", case)
        stage.salesforce.edit("Case", case, Jira_Key__c=None)

        stage.salesforce.click_send_to_engineering(case)
        wait(stage, lambda: None)
        second = stage.salesforce.record("Case", case)
        issues = stage.jira.issues()
    finally:
        stage.close()

    assert first["Jira_Key__c"] == "ENG-1"
    assert second["Jira_Key__c"] == "ENG-1"
    assert second["Send_To_Engineering__c"] is False
    assert len(issues) == 1


def test_a_click_on_a_case_older_than_bridge_counts() -> None:
    """Its first message is about the click, and nothing tells what was before."""
    stage = Stage.up(MAPPINGS, seed=3)
    try:
        sender, stage.salesforce.outbound_url = stage.salesforce.outbound_url, None
        callout, stage.salesforce.callout_url = stage.salesforce.callout_url, None
        case = stage.salesforce.create_case(
            RecordType="Feedback", Subject="Dark mode", Severity__c="Low"
        )
        with stage.bridge.database.transaction() as session:
            session.get_one(ConnectionRow, "salesforce").live_since = stage.bridge.clock.now()
        stage.salesforce.outbound_url, stage.salesforce.callout_url = sender, callout

        stage.salesforce.click_send_to_engineering(case)
        wait(stage, lambda: None)
        clicked = stage.salesforce.record("Case", case)
    finally:
        stage.close()

    assert clicked["Jira_Key__c"] == "ENG-1"
    assert clicked["Send_To_Engineering__c"] is False
