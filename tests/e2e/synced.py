"""The shipped mappings with a sync in place of the rule that tells of changes one way."""

import shutil
from pathlib import Path

from sqlalchemy import select

from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.outbox.tables import DeliveryRow, State

MAPPINGS = Path(__file__).parents[2] / "mappings"
SYNC = """\
version: 1
maps:
  severity_priority: {critical: Highest, high: High, medium: Medium, low: Low}
syncs:
  - id: case-and-issue
    description: A case and the issue made of it say the same.
    between: [customer-feedback, engineering-work]
    roles: [task, improvement]
    stop: {jira: '"no-sync" in work_item.labels'}
    never: {jira: [reporter]}
    fields:
      - {salesforce: title, jira: title, owner: latest}
      - {salesforce: body, jira: body, owner: latest, as: rich_text}
      - {salesforce: severity, jira: priority, owner: ask, map: severity_priority}
      - {salesforce: promised, jira: due, owner: jira, as: date}
      - {salesforce: status, jira: status, owner: latest}
"""


def folder(place: Path) -> Path:
    """A copy of what is shipped, changed so."""
    made = place / "mappings"
    shutil.copytree(MAPPINGS, made)
    feedback = made / "rules" / "feedback.yaml"
    feedback.write_text(feedback.read_text().partition("  - id: feedback-update-reaches-task")[0])
    (made / "syncs").mkdir(exist_ok=True)
    (made / "syncs" / "case-and-issue.yaml").write_text(SYNC)
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
