"""Against the simulators: a board that comes out as it was is not written again, echo or not."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.outbox.tables import DeliveryRow

MAPPINGS = Path(__file__).parents[2] / "mappings"
RULES = """
version: 1
rules:
  - id: task
    description: Feedback becomes a task.
    when: feedback.created
    do: [{jira.create_issue: {project: ENG, type: Task, summary: "${feedback.title}"}}]
    tests: [{name: t, given: {event: feedback.deleted}, expect: []}]
  - id: board
    description: A task that was touched is planned.
    when: work_item.updated
    each: {linked: feedback}
    do: [{salesforce.update_record: {object: Case, fields: {Jira_Status__c: Planned}}}]
    tests: [{name: t, given: {event: work_item.deleted}, expect: []}]
"""


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """The shipped sources with two rules of their own."""
    folder = tmp_path / "mappings"
    (folder / "sources").mkdir(parents=True)
    (folder / "rules").mkdir()
    for name in ("jira.yaml", "salesforce.yaml"):
        (folder / "sources" / name).write_text((MAPPINGS / "sources" / name).read_text())
    (folder / "rules" / "rules.yaml").write_text(RULES)
    return folder


@pytest.mark.parametrize("touched", ["never", "by us", "by a person"])
def test_what_the_board_shows_already_is_not_written_unless_somebody_else_was_there(
    mappings: Path, touched: str
) -> None:
    stage = Stage.up(mappings, seed=5)
    try:
        case = stage.salesforce.create_case(RecordType="Feedback", Subject="It reboots")
        wait(stage, lambda: None)
        if touched == "never":
            stage.salesforce.outbound_url = stage.salesforce.callout_url = None
        for title in ("once", "twice"):
            stage.jira.edit_issue("ENG-1", {"summary": title})
            wait(stage, lambda: None)
            if touched == "by a person" and title == "once":
                stage.salesforce.edit("Case", case, Jira_Status__c="Mine")
                wait(stage, lambda: None)
        query = select(DeliveryRow.state).where(DeliveryRow.rule == "board")
        with stage.bridge.database.reading() as session:
            ends = session.scalars(query.order_by(DeliveryRow.seq)).all()
        shown = stage.salesforce.record("Case", case)["Jira_Status__c"]
    finally:
        stage.close()

    second = "succeeded" if touched == "by a person" else "unchanged"
    assert (list(ends), shown) == (["succeeded", second], "Planned")
