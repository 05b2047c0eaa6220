"""What is old of deliveries: never one that is not over, nor what must not be sent before it."""

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from bridge.duties.retention.cut import Cut, Done, count_of, gone_of
from bridge.outbox.tables import (
    IN_TURN,
    OPEN,
    SET_ASIDE,
    AttemptRow,
    DeliveryRow,
    HoldRow,
    OrderingKeyRow,
    State,
    spelled,
)
from bridge.pipeline.caps.store import LEARNT_FROM, LONG, SHORT
from bridge.pipeline.caps.use import HOUR
from bridge.rules.tables import RuleUseRow

NEEDED = (*OPEN, State.DEAD)  # deliveries that are not over


def exchanges(session: Session, cut: Cut) -> Done:
    """Attempts lose what went over the wire."""
    before, said = cut.before(cut.keep.bodies), AttemptRow.exchanges.is_not(None)
    old = cut.next_old(session, AttemptRow.seq, AttemptRow.started_at, said, before=before)
    blank = (
        update(AttemptRow)
        .where(AttemptRow.seq.in_(old), is_over(AttemptRow.delivery_id))
        .values(exchanges=None)
        .returning(AttemptRow.seq)
    )
    return Done(looked=len(old), gone=count_of(session, blank) if old else 0)


def attempts(session: Session, cut: Cut) -> Done:
    """Attempts go."""
    before = cut.before(cut.keep.attempts)
    old = cut.next_old(session, AttemptRow.seq, AttemptRow.started_at, before=before)
    return gone_of(session, AttemptRow.seq, old, is_over(AttemptRow.delivery_id))


def lone_deliveries(session: Session, cut: Cut) -> Done:
    """Deliveries that no event brought (write-backs) go as old as events do."""
    before, lone = cut.before(cut.keep.events), text("event_id IS NULL")
    old = cut.next_old(session, DeliveryRow.seq, DeliveryRow.finished_at, lone, before=before)
    free = select(DeliveryRow).where(DeliveryRow.seq.in_(old), ~needed(DeliveryRow))
    owed = list(session.scalars(free.order_by(DeliveryRow.seq).with_for_update())) if old else []
    gone = [row for row in owed if row.state not in NEEDED]
    forget(session, gone)
    return Done(looked=len(old), gone=len(gone))


def holds(session: Session, cut: Cut) -> Done:
    """Decided holds go with the audit: they say who decided."""
    old = select(HoldRow.id).where(
        HoldRow.state != "open", HoldRow.decided_at < cut.before(cut.keep.audit)
    )
    return gone_of(session, HoldRow.id, session.scalars(old.limit(cut.chunk)).all())


def uses(session: Session, cut: Cut) -> Done:
    """How much rules wrote: short slots make up the last hour, long ones what a cap is learnt from."""
    gone = 0
    for minutes, kept in ((SHORT, HOUR * 2), (LONG, LEARNT_FROM)):
        old = RuleUseRow.minutes == minutes, RuleUseRow.since < cut.now - kept
        gone += count_of(session, delete(RuleUseRow).where(*old).returning(RuleUseRow.rule))
    return Done(looked=gone, gone=gone)


def forget(session: Session, rows: list[DeliveryRow]) -> None:
    """Delete deliveries with their attempts, and ordering keys that have nothing left."""
    if not rows:
        return
    ids, keys = [row.id for row in rows], sorted({row.ordering_key for row in rows})
    session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(ids)))
    session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)))
    left = exists().where(DeliveryRow.ordering_key == OrderingKeyRow.key)
    idle = and_(OrderingKeyRow.due_at.is_(None), OrderingKeyRow.leased_until.is_(None))
    session.execute(delete(OrderingKeyRow).where(OrderingKeyRow.key.in_(keys), idle, ~left))


def needed(row: type[DeliveryRow]) -> ColumnElement[bool]:
    """It is not over, or an older one of its ordering key is not and would be sent after it."""
    older = aliased(DeliveryRow)
    behind = [  # each way is one of two small indexes; the names in it are those of the inner table
        exists().where(older.ordering_key == row.ordering_key, older.seq < row.seq, spelled(way))
        for way in (IN_TURN, SET_ASIDE)
    ]
    return or_(row.state.in_(NEEDED), *behind)


def is_over(delivery_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The delivery is over, or gone."""
    return ~exists().where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(NEEDED))
