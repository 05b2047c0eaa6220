"""SQL of the numbers that begin with events, deliveries and decisions."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageState
from bridge.insight.case import Case, Standing
from bridge.insight.feedback_to_task import Asked, Task
from bridge.insight.progress_to_board import Write
from bridge.insight.scan import Query, Rows
from bridge.insight.unattributed import Acted
from bridge.insight.unmatched import Decided
from bridge.insight.window import Window
from bridge.ledger.tables import EventRow, LinkRow
from bridge.outbox import store as outbox
from bridge.outbox.tables import DeliveryRow, HoldRow, State
from bridge.rules import store as rules
from bridge.rules.people import UNATTRIBUTED
from bridge.rules.tables import FAILED, DecisionRow

FEEDBACK, WORK = "feedback", "work_item"
BOARD = "salesforce."  # actions of the customer side's system begin so


def asked_within(window: Window) -> Query:
    """Feedback that came, and later events of it that asked for a task (a click)."""
    asks = exists().where(
        LinkRow.left_ref == EventRow.subject,
        LinkRow.event_id == EventRow.id,
        LinkRow.right_kind == WORK,
    )
    came, moved = f"{FEEDBACK}.created", f"{FEEDBACK}.updated"
    return events_within(window).where(
        EventRow.kind.in_((came, moved)), or_(EventRow.kind == came, asks)
    )


def asked(session: Session, rows: Rows) -> list[Asked]:
    """One for each task that an event asked for, and one for an event that asked for none."""
    tasks = _tasks(session, [row.subject for row in rows])
    return [
        Asked(
            seq=row.seq,
            event=row.id,
            subject=row.subject,
            origin=row.origin,
            occurred_at=row.occurred_at,
            task=task,
        )
        for row in rows
        for task in tasks.get(row.id) or [None]
    ]


def written_within(window: Window) -> Query:
    """What was owed to the customer side because of work."""
    query = select(
        DeliveryRow.seq,
        DeliveryRow.created_at.label("at"),
        DeliveryRow.id,
        DeliveryRow.state,
        DeliveryRow.finished_at,
        EventRow.id.label("event"),
        EventRow.kind,
        EventRow.subject,
        EventRow.origin,
        EventRow.occurred_at,
    ).join(EventRow, EventRow.id == DeliveryRow.event_id)
    return query.where(
        *within(DeliveryRow.created_at, window),
        DeliveryRow.action.startswith(BOARD, autoescape=True),
        EventRow.kind.startswith(f"{WORK}.", autoescape=True),
    )


def written(rows: Rows) -> list[Write]:
    return [
        Write(
            seq=row.seq,
            event=row.event,
            kind=row.kind,
            subject=row.subject,
            origin=row.origin,
            occurred_at=row.occurred_at,
            delivery=row.id,
            state=row.state,
            finished_at=row.finished_at,
        )
        for row in rows
    ]


def unmatched_within(window: Window) -> Query:
    """Events that no rule matched, or that are not decided yet."""
    return events_within(window).where(or_(EventRow.matched == 0, EventRow.matched.is_(None)))


def decided(rows: Rows) -> list[Decided]:
    return [
        Decided(
            seq=row.seq,
            event=row.id,
            kind=row.kind,
            subject=row.subject,
            origin=row.origin,
            at=row.occurred_at,
            matched=row.matched,
            considered=row.considered,
        )
        for row in rows
    ]


def acted_within(window: Window) -> Query:
    """Events of people whose department nobody knows."""
    query = events_within(window).add_columns(EventRow.actor, EventRow.connection)
    return query.where(EventRow.department == UNATTRIBUTED)


def acted(rows: Rows) -> list[Acted]:
    return [
        Acted(
            event=row.id,
            connection=row.connection,
            actor=row.actor["id"],
            name=row.actor.get("name"),
            at=row.occurred_at,
        )
        for row in rows
        if row.actor
    ]


def errors_now(_: Window) -> Query:
    """Decisions that failed and were not decided again since, whenever that was."""
    query = select(
        DecisionRow.seq,
        DecisionRow.decided_at.label("at"),
        DecisionRow.event_id,
        DecisionRow.rule,
        DecisionRow.reason,
        EventRow.subject,
    ).outerjoin(EventRow, EventRow.id == DecisionRow.event_id)
    return query.where(text(f"decision.{FAILED}"), DecisionRow.mended.is_(False))


def errors(rows: Rows) -> list[Case]:
    return [
        Case(
            seq=row.seq,
            event=row.event_id,
            subject=row.subject or "",
            at=row.at,
            standing=Standing.OPEN,
            reason=f"{row.rule}: {row.reason}",
        )
        for row in rows
    ]


def unattributed_events(session: Session, window: Window) -> int:
    query = select(func.count()).where(
        *within(EventRow.recorded_at, window), EventRow.department == UNATTRIBUTED
    )
    return session.scalar(query) or 0


def needs_person(session: Session) -> dict[str, int]:
    """What waits for a person now, by kind; the gauge `bridge_needs_person` shows the same."""
    holds = select(func.count()).select_from(HoldRow).where(HoldRow.state == "open")
    return {
        "bad_message": inbox.count(session, MessageState.BAD),
        "dead": outbox.open_count(session, {State.DEAD}),
        "hold": session.scalar(holds) or 0,
        "rule_error": rules.errors(session),
    }


def events_within(window: Window) -> Query:
    """Events by when Bridge recorded them, so that a window that is over stays what it was."""
    return select(
        EventRow.seq,
        EventRow.recorded_at.label("at"),
        EventRow.id,
        EventRow.kind,
        EventRow.subject,
        EventRow.origin,
        EventRow.occurred_at,
        EventRow.matched,
        EventRow.considered,
    ).where(*within(EventRow.recorded_at, window))


def within(column: InstrumentedAttribute[Any], window: Window) -> tuple[Any, ...]:
    return (column >= window.since, column < window.until)


def _tasks(session: Session, subjects: Sequence[str]) -> dict[str, list[Task | None]]:
    """By event: the tasks it asked for."""
    query = (
        select(LinkRow, DeliveryRow.state)
        .outerjoin(DeliveryRow, DeliveryRow.id == LinkRow.delivery_id)
        .where(LinkRow.left_ref.in_(sorted(set(subjects))), LinkRow.right_kind == WORK)
        .order_by(LinkRow.created_at, LinkRow.id)
    )
    found: dict[str, list[Task | None]] = defaultdict(list)
    for link, create in session.execute(query) if subjects else ():
        task = Task(
            link=link.id,
            ref=link.right_ref,
            state=link.state,
            made_at=link.resolved_at,
            create=create,
        )
        found[link.event_id or ""].append(task)
    return found
