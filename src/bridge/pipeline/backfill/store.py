"""All SQL of backfills: what was asked for, the records still to be read, who works on one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from bridge.bell import PAST
from bridge.canonical.ids import random_id
from bridge.canonical.text import cut, storable
from bridge.db import dialect, insert_into, ring
from bridge.inbox import store as inbox
from bridge.inbox.tables import BackfillRecordRow, BackfillRow
from bridge.pipeline.backfill.wish import State, Wish

PLAN_LIVES = timedelta(hours=24)
MOST_PENDING = 8  # messages in the inbox, of all backfills: more of them would only wait there
MAX_PROBLEM = 500
UNDER_WAY = (State.COUNTING, State.RUNNING)
OPEN = (*UNDER_WAY, State.PLANNED, State.PAUSED)


def add(session: Session, wish: Wish, *, principal: str, now: datetime) -> BackfillRow:
    """A new one, whose records are to be counted by whoever works next."""
    row = BackfillRow(
        id=random_id("bfl"),
        principal=principal,
        why=wish.why,
        wish=wish.model_dump(mode="json"),
        state=State.COUNTING,
        problem="",
        **dict.fromkeys(("found", "known", "total", "done", "brought", "calls", "resumed_from"), 0),
        not_before=now,
        created_at=now,
        expires_at=now + PLAN_LIVES,
    )
    session.add(row)
    session.flush()
    ring(session, PAST)
    return row


def waiting(session: Session, *, now: datetime) -> bool:
    """Whether there is one to go on with now."""
    return session.scalar(select(BackfillRow.id).where(_due(session, now)).limit(1)) is not None


def lease(session: Session, *, now: datetime, until: datetime) -> BackfillRow | None:
    """The one that has waited longest, for this node alone until then."""
    query = select(BackfillRow).where(_due(session, now))
    query = query.order_by(BackfillRow.not_before, BackfillRow.id).limit(1)
    found = session.scalars(query.with_for_update(skip_locked=True)).first()
    if found is not None:
        found.not_before = until
    return found


def still(session: Session, leased: BackfillRow) -> BackfillRow | None:
    """The row, locked, if it stands where it stood; `None` when somebody went on with it or stopped it."""
    row = one(session, leased.id, locked=True)
    same = row is not None and (row.state, row.not_before) == (leased.state, leased.not_before)
    return row if same else None


def one(session: Session, backfill_id: str, *, locked: bool = False) -> BackfillRow | None:
    return session.get(
        BackfillRow, backfill_id, with_for_update=locked or None, populate_existing=True
    )


def newest(session: Session, *, limit: int) -> Sequence[BackfillRow]:
    query = select(BackfillRow).order_by(BackfillRow.created_at.desc(), BackfillRow.id)
    return session.scalars(query.limit(limit)).all()


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """When the next one that rests may go on."""
    rests = BackfillRow.state.in_(UNDER_WAY), BackfillRow.not_before > now
    return session.scalar(select(func.min(BackfillRow.not_before)).where(*rests))


def give_back(row: BackfillRow, *, until: datetime, problem: str = "") -> None:
    """It is nobody's, and rests until then."""
    row.not_before, row.problem = until, cut(storable(problem), MAX_PROBLEM)


def free_leases(session: Session, *, now: datetime) -> None:
    """At the start of the only process: whoever held these is gone. One that rested looks again."""
    held = BackfillRow.state.in_(UNDER_WAY), BackfillRow.not_before > now
    session.execute(update(BackfillRow).where(*held).values(not_before=now))


def put(session: Session, backfill_id: str, records: Sequence[str]) -> int:
    """Records to be read; how many of them were not among them already."""
    rows = [{"backfill_id": backfill_id, "record_id": one} for one in sorted(set(records))]
    if not rows:
        return 0
    return len(session.scalars(_put(dialect(session)), rows).all())


def ready(session: Session, backfill_id: str, *, limit: int, now: datetime) -> list[str]:
    """The next records that may be read."""
    since = BackfillRecordRow.not_before
    query = select(BackfillRecordRow.record_id).where(
        BackfillRecordRow.backfill_id == backfill_id, or_(since.is_(None), since <= now)
    )
    return list(session.scalars(query.order_by(BackfillRecordRow.record_id).limit(limit)))


def take_away(session: Session, backfill_id: str, records: Sequence[str]) -> None:
    """They were brought, or there is nothing to bring."""
    session.execute(delete(BackfillRecordRow).where(*_among(backfill_id, records)))


def defer(session: Session, backfill_id: str, records: Sequence[str], until: datetime) -> None:
    """They are read again, not before then."""
    later = update(BackfillRecordRow).where(*_among(backfill_id, records))
    session.execute(later.values(not_before=until))


def next_ready(session: Session, backfill_id: str) -> tuple[int, datetime | None]:
    """How many records are left, and when the first of them may be read; no time: now."""
    left = BackfillRecordRow.backfill_id == backfill_id
    ready_now = func.count().filter(BackfillRecordRow.not_before.is_(None))
    first = func.min(BackfillRecordRow.not_before)
    count, now, at = session.execute(select(func.count(), ready_now, first).where(left)).one()
    return count, None if now else at


def _due(session: Session, now: datetime) -> ColumnElement[bool]:
    """Where the inbox has enough of them, records are counted and not read."""
    full = inbox.pending_past(session) >= MOST_PENDING
    states = (State.COUNTING,) if full else UNDER_WAY
    return and_(BackfillRow.state.in_(states), BackfillRow.not_before <= now)


def _among(backfill_id: str, records: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    mine = BackfillRecordRow.record_id.in_(sorted(records))
    return BackfillRecordRow.backfill_id == backfill_id, mine


@cache
def _put(dialect: str) -> ReturningInsert[tuple[str]]:
    new = insert_into(dialect, BackfillRecordRow).on_conflict_do_nothing()
    return new.returning(BackfillRecordRow.record_id)
