"""Against the simulators: a time of which no webhook arrives is found by search, all of it, once."""

from pathlib import Path

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from e2e import lost
from patience import until

MAPPINGS = Path(__file__).parents[2] / "mappings"
CASES = 30


def test_every_change_of_a_time_without_webhooks_is_found_in_one_round() -> None:
    stage = Stage.up(MAPPINGS, seed=5)
    try:
        assert until(lambda: lost.planned(stage))
        known = stage.salesforce.create_case(
            RecordType="Feedback", Subject="Known before", Severity__c="Critical",
            Product_Line__c="Router",
        )  # fmt: skip
        wait(stage, lambda: None)
        lost.cut(stage)
        at = stage.bridge.clock.now()
        for number in range(CASES):
            stage.salesforce.create_case(
                RecordType="Feedback",
                Subject=f"Lost {number}",
                Severity__c="Critical",
                Product_Line__c="Router",
            )
        stage.jira.transition("ENG-1", "Done")
        wait(stage, lambda: None)  # what was changed a moment ago is not searched for
        lost.search(stage)
        lost.search(stage)  # what our own creates changed meanwhile is known, or found
        issues = stage.jira.issues()
        board = stage.salesforce.record("Case", known)["Jira_Status__c"]
        ways = set(lost.told(stage, at))
    finally:
        stage.close()

    assert len(issues) == CASES + 1
    assert board == "Done"
    assert ways == {"poll"}
