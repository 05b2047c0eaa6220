"""After a restore: what happened since the backup is sent again, and nothing is done twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bridge.alarms.tables import AlarmRow
from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.ledger.tables import EventRow, LinkRow
from bridge.outbox.tables import DeliveryRow, State
from e2e.restoring import back_up, letters, lose_and_restore, send
from embedded.ports import own_port

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage.up(MAPPINGS, seed=5, port=own_port())
    yield made
    made.close()


def case(stage: Stage, title: str) -> str:
    return stage.salesforce.create_case(
        RecordType="Feedback", Subject=title, Severity__c="Critical", Product_Line__c="Router"
    )


def settle(stage: Stage) -> None:
    assert wait(stage, lambda: None)


def test_what_was_done_after_the_backup_is_found_and_not_done_again(stage: Stage) -> None:
    case(stage, "Before the backup")
    settle(stage)
    backup = back_up(stage)
    lost = case(stage, "After the backup")
    settle(stage)
    stage.jira.comment("ENG-2", "Found it.")
    settle(stage)
    sent = letters(stage)
    issues = [issue["key"] for issue in stage.jira.issues()]
    cards = len(stage.teams.cards("engineering"))

    lose_and_restore(stage, backup, watch=timedelta(hours=1))
    status = httpx.get(
        f"{stage.url}/api/v1/status", headers={"authorization": f"Bearer {stage.key.token}"}
    ).json()
    answers = send(stage, sent)
    settle(stage)

    assert set(answers) <= {200, 202}
    assert [issue["key"] for issue in stage.jira.issues()] == issues == ["ENG-1", "ENG-2"]
    assert "the database was restored" in status["after_restore"]
    with stage.bridge.database.reading() as session:
        rows = list(session.scalars(select(DeliveryRow).where(DeliveryRow.subject.endswith(lost))))
        events = session.scalars(select(EventRow).where(EventRow.subject.endswith(lost))).all()
        link = session.scalars(select(LinkRow).where(LinkRow.left_ref.endswith(lost))).one()
        alarm = session.scalars(select(AlarmRow).where(AlarmRow.key == "restored")).one()
    assert link.key == "ENG-2"
    assert [one.kind for one in events].count("feedback.created") == 1
    posted = [row for row in rows if row.action == "teams.post_card"]
    assert [row.uncertain for row in posted] == [True]
    assert len(stage.teams.cards("engineering")) == cards + 1  # its step says: ambiguous: repeat
    assert not [row for row in rows if row.state == State.DEAD]
    assert alarm.state == "down"


def test_without_the_flag_a_second_issue_is_made(stage: Stage) -> None:
    """The trap that the flag is for; if this fails, the flag has nothing left to do."""
    backup = back_up(stage)
    case(stage, "After the backup")
    settle(stage)
    sent = letters(stage)

    lose_and_restore(stage, backup, watch=None)
    send(stage, sent)
    settle(stage)

    assert len(stage.jira.issues()) == 2


def test_new_facts_flow_while_the_watch_lasts(stage: Stage) -> None:
    backup = back_up(stage)
    lose_and_restore(stage, backup, watch=timedelta(hours=1))

    new = case(stage, "After the restore")
    settle(stage)

    assert len(stage.jira.issues()) == 1
    assert stage.salesforce.record("Case", new)["Jira_Key__c"] == "ENG-1"
    with stage.bridge.database.reading() as session:
        cards = session.scalars(
            select(DeliveryRow).where(DeliveryRow.action == "teams.post_card")
        ).all()
    assert [card.uncertain for card in cards] == [False]
