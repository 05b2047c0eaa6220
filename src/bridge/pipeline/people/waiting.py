"""All SQL of records that wait for somebody: who waits, who is to be judged again, in which order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, delete, select, text, update
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.db import dialect, insert_into, ring
from bridge.ledger.tables import CounterpartRow, CounterpartWaitRow
from bridge.pipeline.people.store import Stranger
from bridge.rows import put

AT_ONCE = 20  # records judged again in a step
_DUE = text("due_at IS NOT NULL")


def wait(session: Session, strangers: Sequence[Stranger], *, now: datetime) -> None:
    """These records wait from now on, by the event that asks."""
    rows = {(one.id, one.record): _row(one, now) for one in strangers}
    if rows:
        put(session, _waits(dialect(session)), [rows[key] for key in sorted(rows)])


def call(session: Session, counterparts: Collection[str], *, now: datetime) -> None:
    """Somebody knows now who these are: whatever waits for them is judged again."""
    if not counterparts:
        return
    theirs = CounterpartWaitRow.counterpart_id.in_(sorted(counterparts))
    session.execute(update(CounterpartWaitRow).where(theirs).values(due_at=now))
    ring(session, CHORES)


def due(session: Session) -> Sequence[CounterpartWaitRow]:
    """The next few that are to be judged again."""
    query = select(CounterpartWaitRow).where(_DUE)
    ordered = query.order_by(CounterpartWaitRow.due_at, CounterpartWaitRow.record)
    return session.scalars(ordered.limit(AT_ONCE)).all()


def take(session: Session, one: CounterpartWaitRow) -> bool:
    """It waits no more. False: another node has it."""
    gone = delete(CounterpartWaitRow).where(*_this(one), _DUE)
    return session.execute(gone.returning(CounterpartWaitRow.record)).first() is not None


def leave(session: Session, one: CounterpartWaitRow) -> None:
    """It could not be judged, and waits until somebody is found, or named, once more."""
    session.execute(update(CounterpartWaitRow).where(*_this(one)).values(due_at=None))


def awaited(session: Session) -> Sequence[CounterpartRow]:
    """Those for whom a record waits that is not to be judged again anyway."""
    waits = select(CounterpartWaitRow.counterpart_id).where(CounterpartWaitRow.due_at.is_(None))
    query = select(CounterpartRow).where(CounterpartRow.id.in_(waits))
    return session.scalars(query.order_by(CounterpartRow.id)).all()


def _this(one: CounterpartWaitRow) -> tuple[ColumnElement[bool], ...]:
    return (
        CounterpartWaitRow.counterpart_id == one.counterpart_id,
        CounterpartWaitRow.record == one.record,
    )


def _row(one: Stranger, now: datetime) -> Mapping[str, Any]:
    return {
        "counterpart_id": one.id,
        "record": one.record,
        "event_id": one.event_id,
        "met_at": now,
        "due_at": None,
    }


@cache
def _waits(dialect: str) -> Insert:
    new = insert_into(dialect, CounterpartWaitRow)
    told = {name: new.excluded[name] for name in ("event_id", "met_at", "due_at")}
    return new.on_conflict_do_update(index_elements=["counterpart_id", "record"], set_=told)
