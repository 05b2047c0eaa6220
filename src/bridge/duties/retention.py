"""Retention: what is old goes, class by class; bodies go before the rows they are of.

Never by age alone: a dead, held or open delivery keeps its event, its attempts, and whatever newer
state was written to the same record, or its replay would go backwards. Links, shadows, reservations,
latest records and rule sets stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from bridge.access import repeats
from bridge.access.tables import AuditRow
from bridge.alarms.tables import AlarmRow
from bridge.alarms.tables import State as AlarmState
from bridge.clock import Clock
from bridge.db import Database
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageRow, MessageState
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow, ChangeRow, EventRow, SeenEventRow
from bridge.outbox.tables import (
    OPEN,
    AttemptRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
    PlanRow,
    State,
)
from bridge.rules.tables import DecisionRow
from bridge.settings import Retention

CHUNK = 500  # rows, or events with all that goes with them, in one transaction
MOST_ROUNDS = 200  # of chunks in one run; a run that stops here goes on with the next
MOST_SECONDS = 10.0  # the leader's clock does nothing else meanwhile

NEEDED = (*OPEN, State.DEAD)  # deliveries that are not over
UNDER_WAY = ("querying", "reading", "running")
READ = (MessageState.TRANSLATED, MessageState.IGNORED)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Before which moment each class is old."""

    keep: Retention
    now: datetime
    chunk: int = CHUNK

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


Step = Callable[[Session, Cut], int]


def thin(
    database: Database,
    keep: Retention,
    clock: Clock,
    *,
    chunk: int = CHUNK,
    rounds: int = MOST_ROUNDS,
) -> int:
    """One run: chunk after chunk, each in a transaction of its own; how many rows were old.

    A class that has less than a chunk left is done for this run.
    """
    cut = Cut(keep=keep, now=clock.now(), chunk=chunk)
    until = clock.monotonic() + MOST_SECONDS
    behind, total = list(STEPS), 0
    for _ in range(rounds):
        still = []
        for step in behind:
            with database.transaction() as session:
                done = step(session, cut)
            total += done
            if done >= chunk:
                still.append(step)
        behind = still
        if not behind or clock.monotonic() >= until:
            break
    return total


def bodies(session: Session, cut: Cut) -> int:
    """Messages lose body and headers; those that are bad keep them until they are read again."""
    old = (
        select(MessageRow.seq)
        .where(
            MessageRow.received_at < cut.before(cut.keep.bodies),
            MessageRow.body.is_not(None),
            MessageRow.state.in_(READ),
        )
        .order_by(MessageRow.received_at)
        .limit(cut.chunk)
    )
    blank = (
        update(MessageRow)
        # The state once more: one that is to be read again meanwhile must keep its body.
        .where(MessageRow.seq.in_(old), MessageRow.state.in_(READ))
        .values(body=None, headers=None)
        .returning(MessageRow.seq)
    )
    return _count(session, blank)


def exchanges(session: Session, cut: Cut) -> int:
    """Attempts lose what went over the wire."""
    old = (
        select(AttemptRow.seq)
        .where(
            AttemptRow.started_at < cut.before(cut.keep.bodies),
            AttemptRow.exchanges.is_not(None),
            _over(AttemptRow.delivery_id),
        )
        .order_by(AttemptRow.started_at)
        .limit(cut.chunk)
    )
    blank = update(AttemptRow).where(AttemptRow.seq.in_(old)).values(exchanges=None)
    return _count(session, blank.returning(AttemptRow.seq))


def attempts(session: Session, cut: Cut) -> int:
    """Attempts go."""
    old = (
        select(AttemptRow.seq)
        .where(AttemptRow.started_at < cut.before(cut.keep.attempts), _over(AttemptRow.delivery_id))
        .order_by(AttemptRow.started_at)
        .limit(cut.chunk)
    )
    return _count(session, _gone(AttemptRow, AttemptRow.seq.in_(old), AttemptRow.seq))


def events(session: Session, cut: Cut) -> int:
    """Events go, and with each its decisions, its deliveries and their attempts.

    One with a delivery that somebody still needs stays, and one that a rule could not decide: it
    is decided again once the rule is mended.
    """
    undecided = exists().where(
        DecisionRow.event_id == EventRow.id,
        DecisionRow.answer == "error",
        DecisionRow.mended.is_(False),
    )
    needed = exists().where(DeliveryRow.event_id == EventRow.id, _needed(DeliveryRow))
    old = (
        select(EventRow.id)
        .where(EventRow.recorded_at < cut.before(cut.keep.events), ~undecided, ~needed)
        .order_by(EventRow.recorded_at)
        .limit(cut.chunk)
    )
    ids = list(session.scalars(old))
    own = select(DeliveryRow).where(DeliveryRow.event_id.in_(ids)).order_by(DeliveryRow.seq)
    owed = list(session.scalars(own.with_for_update())) if ids else []
    kept = {row.event_id for row in owed if row.state in NEEDED}  # replayed a moment ago
    gone = [one for one in ids if one not in kept]
    _forget(session, [row for row in owed if row.event_id not in kept])
    session.execute(delete(DecisionRow).where(DecisionRow.event_id.in_(gone)))
    session.execute(delete(EventRow).where(EventRow.id.in_(gone)))
    return len(gone)


def lone_deliveries(session: Session, cut: Cut) -> int:
    """Deliveries that no event brought (write-backs) go as old as events do."""
    old = (
        select(DeliveryRow)
        .where(
            DeliveryRow.finished_at < cut.before(cut.keep.events),
            DeliveryRow.event_id.is_(None),
            ~_needed(DeliveryRow),
        )
        .order_by(DeliveryRow.finished_at)
        .limit(cut.chunk)
        .with_for_update()
    )
    owed = [row for row in session.scalars(old) if row.state not in NEEDED]
    _forget(session, owed)
    return len(owed)


def messages(session: Session, cut: Cut) -> int:
    """Messages go, thinned long before. The oldest few are looked at: numbers follow time."""
    before, seqs = cut.before(cut.keep.events), []
    for state in READ:
        head = select(MessageRow.seq, MessageRow.received_at).where(MessageRow.state == state)
        rows = session.execute(head.order_by(MessageRow.seq).limit(cut.chunk))
        seqs += [row.seq for row in rows if row.received_at < before]
    where = and_(MessageRow.seq.in_(seqs[: cut.chunk]), MessageRow.state.in_(READ))
    return _count(session, _gone(MessageRow, where, MessageRow.seq)) if seqs else 0


def changes(session: Session, cut: Cut) -> int:
    """The history of tracked fields goes. The oldest few are looked at, as with messages."""
    head = select(ChangeRow.seq, ChangeRow.at).order_by(ChangeRow.seq).limit(cut.chunk)
    before = cut.before(cut.keep.changes)
    seqs = [row.seq for row in session.execute(head) if row.at < before]
    return _count(session, _gone(ChangeRow, ChangeRow.seq.in_(seqs), ChangeRow.seq)) if seqs else 0


def audits(session: Session, cut: Cut) -> int:
    """The audit goes."""
    old = select(AuditRow.seq).where(AuditRow.at < cut.before(cut.keep.audit)).limit(cut.chunk)
    return _count(session, _gone(AuditRow, AuditRow.seq.in_(old), AuditRow.seq))


def holds(session: Session, cut: Cut) -> int:
    """Decided holds go with the audit: they say who decided."""
    old = select(HoldRow.id).where(
        HoldRow.state != "open", HoldRow.decided_at < cut.before(cut.keep.audit)
    )
    return _count(session, _gone(HoldRow, HoldRow.id.in_(old.limit(cut.chunk)), HoldRow.id))


def seen(session: Session, cut: Cut) -> int:
    """Identities of events go, but never before their event."""
    there = exists().where(EventRow.id == SeenEventRow.event_id)
    old = (
        select(SeenEventRow.event_id)
        .where(SeenEventRow.seen_at < cut.before(cut.keep.seen), ~there)
        .order_by(SeenEventRow.seen_at)
        .limit(cut.chunk)
    )
    where = SeenEventRow.event_id.in_(old)
    return _count(session, _gone(SeenEventRow, where, SeenEventRow.event_id))


def plans(session: Session, cut: Cut) -> int:
    """Replays that were run, dropped or never run go with the events."""
    old = select(PlanRow.id).where(
        PlanRow.state != "running", PlanRow.created_at < cut.before(cut.keep.events)
    )
    return _count(session, _gone(PlanRow, PlanRow.id.in_(old.limit(cut.chunk)), PlanRow.id))


def adoptions(session: Session, cut: Cut) -> int:
    """Adoptions that are over, or were never run, go with the events: the oldest, pairs first."""
    old = select(AdoptionRow.id).where(
        AdoptionRow.state.not_in(UNDER_WAY), AdoptionRow.created_at < cut.before(cut.keep.events)
    )
    oldest = session.scalars(old.order_by(AdoptionRow.created_at).limit(1)).first()
    if oldest is None:
        return 0
    own = AdoptionPairRow.adoption_id == oldest
    numbers = list(session.scalars(select(AdoptionPairRow.number).where(own).limit(cut.chunk)))
    session.execute(delete(AdoptionPairRow).where(own, AdoptionPairRow.number.in_(numbers)))
    if len(numbers) == cut.chunk:
        return cut.chunk
    session.execute(delete(AdoptionRow).where(AdoptionRow.id == oldest))
    return max(1, len(numbers))


def alarms(session: Session, cut: Cut) -> int:
    """Alarms that are over, and said to be, go with the events."""
    old = select(AlarmRow.seq).where(
        AlarmRow.state == AlarmState.UP,
        AlarmRow.said == AlarmState.UP,
        AlarmRow.updated_at < cut.before(cut.keep.events),
    )
    return _count(session, _gone(AlarmRow, AlarmRow.seq.in_(old.limit(cut.chunk)), AlarmRow.seq))


def identities(session: Session, cut: Cut) -> int:
    """Transport identities that nobody will send again, and answers kept for a day."""
    repeats.expire(session, now=cut.now)
    return inbox.forget_identities(session, now=cut.now, limit=cut.chunk)


STEPS: tuple[Step, ...] = (
    bodies,
    exchanges,
    attempts,
    events,
    lone_deliveries,
    messages,
    changes,
    audits,
    holds,
    seen,
    plans,
    adoptions,
    alarms,
    identities,
)


def _over(delivery_id: Any) -> ColumnElement[bool]:
    """The delivery is over, or gone."""
    return ~exists().where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(NEEDED))


def _needed(row: type[DeliveryRow]) -> ColumnElement[bool]:
    """It is not over, or an older one of its ordering key is not and would be sent after it."""
    older = aliased(DeliveryRow)
    behind = exists().where(
        older.ordering_key == row.ordering_key,
        older.seq < row.seq,
        older.state.in_(NEEDED),
    )
    return or_(row.state.in_(NEEDED), behind)


def _forget(session: Session, rows: list[DeliveryRow]) -> None:
    """Delete deliveries with their attempts, and ordering keys that have nothing left."""
    if not rows:
        return
    ids, keys = [row.id for row in rows], sorted({row.ordering_key for row in rows})
    session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(ids)))
    session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)))
    left = exists().where(DeliveryRow.ordering_key == OrderingKeyRow.key)
    idle = and_(OrderingKeyRow.due_at.is_(None), OrderingKeyRow.leased_until.is_(None))
    session.execute(delete(OrderingKeyRow).where(OrderingKeyRow.key.in_(keys), idle, ~left))


def _gone(table: type[Any], where: ColumnElement[bool], key: Any) -> Any:
    return delete(table).where(where).returning(key)


def _count(session: Session, statement: Any) -> int:
    return len(session.execute(statement.execution_options(synchronize_session=False)).all())
