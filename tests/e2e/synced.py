"""The shipped mappings with their sync switched on, in place of the rule that tells one way, and the
status in it."""

import shutil
from pathlib import Path

from sqlalchemy import select

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.outbox.tables import DeliveryRow, State

MAPPINGS = Path(__file__).parents[2] / "mappings"
SYNC = Path("syncs") / "case-and-issue.yaml"
OFF = "    mode: off\n"
COMMENT = "    # comments: {}"
STATUS = "      - {salesforce: status, jira: status, owner: latest}\n"


def folder(place: Path) -> Path:
    """A copy of what is shipped, changed as the file of the sync says."""
    made = place / "mappings"
    shutil.copytree(MAPPINGS, made)
    feedback = made / "rules" / "feedback.yaml"
    feedback.write_text(feedback.read_text().partition("  - id: feedback-update-reaches-task")[0])
    text = (made / SYNC).read_text()
    assert text.count(OFF) == text.count(COMMENT) == 1
    (made / SYNC).write_text(text.replace(OFF, "").replace(COMMENT, f"{STATUS}{COMMENT}"))
    return made


def case(stage: Stage) -> str:
    """A case of which an issue is made; its id."""
    made: str = stage.salesforce.create_case(
        RecordType="Feedback",
        Subject="It reboots",
        Description="Whenever it rains.",
        Severity__c="Critical",
        Status="New",
        Product_Line__c="Router",
        AccountId=stage.salesforce.create("Account", Name="Acme"),
    )
    wait(stage, lambda: None)
    return made


def writes(stage: Stage) -> list[str]:
    """Where the sync has written, in order."""
    query = select(DeliveryRow.connection).where(
        DeliveryRow.rule == "sync:case-and-issue", DeliveryRow.state == State.SUCCEEDED
    )
    with stage.bridge.database.reading() as session:
        return list(session.scalars(query.order_by(DeliveryRow.seq)))
