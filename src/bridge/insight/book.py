"""The book of numbers: where the cases of each begin, what becomes of them, and all on one page."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bridge.db import Database
from bridge.insight import (
    due_moves,
    feedback_to_task,
    history,
    needs_person,
    progress_to_board,
    seam,
    store,
    unmatched,
)
from bridge.insight.case import Case
from bridge.insight.scan import Register, Rows, scan
from bridge.insight.unattributed import Acted
from bridge.insight.window import Window
from bridge.ledger.tables import ChangeRow, EventRow
from bridge.outbox.tables import DeliveryRow
from bridge.rules.tables import DecisionRow

MANY = 2_000  # rows a page, where rows are narrow and nothing is read beside them


class Name(StrEnum):
    """What has a list of cases behind it."""

    FEEDBACK_TO_TASK = "feedback_to_task"
    PROGRESS_TO_BOARD = "progress_to_board"
    UNMATCHED = "unmatched"
    DUE_MOVES = "due_moves"
    SEAM_TO_ENGINEERING = "seam_to_engineering"
    SEAM_TO_CUSTOMER = "seam_to_customer"
    RULE_ERRORS = "rule_errors"


class Stats(BaseModel):
    """All numbers of a window. What ended after `until` is open in them, so they stay what they were."""

    model_config = ConfigDict(frozen=True)

    feedback_to_task: feedback_to_task.FeedbackToTask
    progress_to_board: progress_to_board.ProgressToBoard
    unmatched: unmatched.Unmatched
    due_moves: due_moves.DueMoves
    seam_to_engineering: seam.Seam
    seam_to_customer: seam.Seam
    needs_person: needs_person.NeedsPerson
    unattributed_events: int = Field(
        description="Events of people who are not in people.yaml: GET /api/v1/people/unattributed."
    )


def stats(database: Database, window: Window) -> Stats:
    """Every number. Each is read in short pages of its own."""

    def cases(name: Name) -> list[Case]:
        return list(scan(database, CASES[name], window))

    with database.reading() as session:
        waiting = store.needs_person(session)
        strangers = store.unattributed_events(session, window)
    return Stats(
        feedback_to_task=feedback_to_task.number(cases(Name.FEEDBACK_TO_TASK)),
        progress_to_board=progress_to_board.number(cases(Name.PROGRESS_TO_BOARD)),
        unmatched=unmatched.number(scan(database, EVENTS, window, chunk=MANY)),
        due_moves=due_moves.number(cases(Name.DUE_MOVES)),
        seam_to_engineering=seam.number(cases(Name.SEAM_TO_ENGINEERING), until=window.until),
        seam_to_customer=seam.number(cases(Name.SEAM_TO_CUSTOMER), until=window.until),
        needs_person=needs_person.number(waiting),
        unattributed_events=strangers,
    )


def _feedback_to_task(session: Session, rows: Rows, window: Window) -> list[Case]:
    return [feedback_to_task.case(one, until=window.until) for one in store.asked(session, rows)]


def _progress_to_board(_: Session, rows: Rows, window: Window) -> list[Case]:
    return [progress_to_board.case(one, until=window.until) for one in store.written(rows)]


def _events(_: Session, rows: Rows, __: Window) -> list[unmatched.Decided]:
    return store.decided(rows)


def _unmatched(_: Session, rows: Rows, __: Window) -> list[Case]:
    return [unmatched.case(one) for one in store.decided(rows)]


def _due_moves(_: Session, rows: Rows, __: Window) -> list[Case]:
    return [due_moves.case(one) for one in history.moved(rows)]


def _to_engineering(session: Session, rows: Rows, window: Window) -> list[Case]:
    asked = store.asked(session, rows)
    touches = history.touches(session, [one.task.ref for one in asked if one.task])
    found = (seam.to_engineering(one, touches, until=window.until) for one in asked)
    return [case for case in found if case is not None]


def _to_customer(session: Session, rows: Rows, window: Window) -> list[Case]:
    done = history.done(session, rows)
    records = [ref for one in done for ref in (one.work, one.feedback)]
    touches = history.touches(session, records)
    return [seam.to_customer(one, touches, until=window.until) for one in done]


def _rule_errors(_: Session, rows: Rows, __: Window) -> list[Case]:
    return store.errors(rows)


def _acted(_: Session, rows: Rows, __: Window) -> list[Acted]:
    return store.acted(rows)


EVENTS = Register(rows=store.events_within, seq=EventRow.seq, at=EventRow.recorded_at, read=_events)
ACTED = Register(rows=store.acted_within, seq=EventRow.seq, at=EventRow.recorded_at, read=_acted)
CASES: Mapping[Name, Register[Case]] = {
    Name.FEEDBACK_TO_TASK: Register(
        rows=store.asked_within,
        seq=EventRow.seq,
        at=EventRow.recorded_at,
        read=_feedback_to_task,
    ),
    Name.PROGRESS_TO_BOARD: Register(
        rows=store.written_within,
        seq=DeliveryRow.seq,
        at=DeliveryRow.created_at,
        read=_progress_to_board,
    ),
    Name.UNMATCHED: Register(
        rows=store.unmatched_within,
        seq=EventRow.seq,
        at=EventRow.recorded_at,
        read=_unmatched,
    ),
    Name.DUE_MOVES: Register(
        rows=history.moved_within, seq=ChangeRow.seq, at=ChangeRow.at, read=_due_moves
    ),
    Name.SEAM_TO_ENGINEERING: Register(
        rows=store.asked_within,
        seq=EventRow.seq,
        at=EventRow.recorded_at,
        read=_to_engineering,
    ),
    Name.SEAM_TO_CUSTOMER: Register(
        rows=history.done_within, seq=ChangeRow.seq, at=ChangeRow.at, read=_to_customer
    ),
    Name.RULE_ERRORS: Register(
        rows=store.errors_now,
        seq=DecisionRow.seq,
        at=DecisionRow.decided_at,
        read=_rule_errors,
    ),
}
