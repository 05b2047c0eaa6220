"""Against the simulated Jira: a create whose answer was cut is finished by its own webhook."""

from pathlib import Path

from sqlalchemy import select

from bridge.connectors.simulation.faults import Fault
from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.outbox import store
from bridge.outbox.tables import DeliveryRow

MAPPINGS = Path(__file__).parents[2] / "mappings"


def test_a_cut_create_is_finished_by_its_echo_before_anybody_looks_for_it() -> None:
    stage = Stage.up(MAPPINGS, seed=5, scale=1.0)  # looking is a minute away, echoes are not
    try:
        stage.jira.faults.next(Fault.CUT_AFTER, method="POST", path_contains="/issue")
        stage.salesforce.create_case(
            RecordType="Feedback",
            Subject="It reboots",
            Description="Whenever it rains.",
            Severity__c="Critical",
            Product_Line__c="Router",
            AccountId=stage.salesforce.create("Account", Name="Acme"),
        )
        wait(stage, lambda: None)
        with stage.bridge.database.reading() as session:
            query = select(DeliveryRow).where(DeliveryRow.action == "jira.create_issue")
            (create,) = session.scalars(query).all()
            outcomes = [one.outcome for one in store.attempts(session, create.id)]
        issues = stage.jira.issues()
    finally:
        stage.close()

    assert stage.jira.faults.count[Fault.CUT_AFTER] == 1
    assert len(issues) == 1
    assert outcomes == ["ambiguous"]
    assert (create.state, create.reason) == (
        "succeeded",
        "its answer was lost; its own echo shows that it happened",
    )
