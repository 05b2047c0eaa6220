"""Ordering keys: deliveries that share one go one at a time, oldest first.

The lease and its fence are the key's. `due_at` says when the key's head may go. Two statements keep
it true: enqueue writes the delivery and then the key; finish locks the key and then reads what is
left. In one statement each, a key would lose sight of its work under a concurrent enqueue.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from bridge.db import insert_into
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow, State

_QUEUED = (State.PENDING, State.IN_FLIGHT)


def call_up(session: Session, deliveries: Iterable[DeliveryRow]) -> None:
    """Tell the keys of these pending deliveries that there is work. Sorted, so that none deadlock."""
    wanted: dict[str, DeliveryRow] = {}
    for delivery in deliveries:
        first = wanted.get(delivery.ordering_key)
        if first is None or delivery.not_before < first.not_before:
            wanted[delivery.ordering_key] = delivery
    session.flush()
    if wanted:
        _upsert(session, [wanted[key] for key in sorted(wanted)])


def lease(
    session: Session,
    *,
    connections: Collection[str],
    node: str,
    limit: int,
    due: datetime,
    now: datetime,
    term: timedelta,
) -> list[OrderingKeyRow]:
    """Lease up to `limit` keys that are due, urgent ones first. `now` is the database's time."""
    free = or_(OrderingKeyRow.leased_until.is_(None), OrderingKeyRow.leased_until < now)
    ready = (
        select(OrderingKeyRow)
        .where(
            OrderingKeyRow.connection.in_(sorted(connections)), OrderingKeyRow.due_at <= due, free
        )
        .order_by(OrderingKeyRow.urgent.desc(), OrderingKeyRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for key in session.scalars(ready).all():
        swap = (
            update(OrderingKeyRow)
            .where(OrderingKeyRow.key == key.key, OrderingKeyRow.fence == key.fence)
            .values(fence=key.fence + 1, leased_by=node, leased_until=now + term)
            .returning(OrderingKeyRow.key)
        )
        if session.scalar(swap) is not None:
            session.refresh(key)
            taken.append(key)
    return taken


def head(session: Session, key: str) -> DeliveryRow | None:
    """The delivery whose turn it is: the oldest one queued, unless a dead one blocks it."""
    blocking = (DeliveryRow.state == State.DEAD) & (DeliveryRow.dead_head == "block")
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.ordering_key == key, or_(DeliveryRow.state.in_(_QUEUED), blocking))
        .order_by(DeliveryRow.seq)
        .limit(1)
    )
    first = session.scalars(query).first()
    return None if first is None or first.state == State.DEAD else first


def lock(session: Session, key: str) -> OrderingKeyRow | None:
    """The key's row, locked until the transaction ends."""
    query = select(OrderingKeyRow).where(OrderingKeyRow.key == key)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def settle(session: Session, key: OrderingKeyRow) -> None:
    """After a change of its deliveries: set when the key is due. The caller has locked it."""
    session.flush()
    first = head(session, key.key)
    key.due_at = first.not_before if first else None
    key.urgent = first.urgent if first else False
    session.flush()


def resettle(session: Session, keys: Iterable[str]) -> None:
    """The same for keys by name, each locked in turn, in sorted order."""
    session.flush()
    for name in sorted(set(keys)):
        key = lock(session, name)
        if key is not None:
            settle(session, key)


def free_leases(session: Session) -> None:
    """At the start of the only process: whoever held these is gone."""
    held = update(OrderingKeyRow).where(OrderingKeyRow.leased_until.is_not(None))
    session.execute(held.values(leased_until=None, leased_by=None))


def disagreeing(session: Session) -> list[str]:
    """Keys that have work but no due time: must be none. The audit repairs and counts them."""
    work = (
        select(DeliveryRow.ordering_key)
        .where(DeliveryRow.state.in_(_QUEUED))
        .group_by(DeliveryRow.ordering_key)
        .subquery()
    )
    query = (
        select(work.c.ordering_key)
        .outerjoin(OrderingKeyRow, OrderingKeyRow.key == work.c.ordering_key)
        .where(OrderingKeyRow.due_at.is_(None))
    )
    return list(session.scalars(query))


def oldest_due(session: Session) -> dict[str, datetime]:
    """By connection: since when its longest waiting head is due."""
    query = select(OrderingKeyRow.connection, func.min(OrderingKeyRow.due_at)).where(
        OrderingKeyRow.due_at.is_not(None)
    )
    rows = session.execute(query.group_by(OrderingKeyRow.connection))
    return {row[0]: row[1] for row in rows if row[1] is not None}


def _upsert(session: Session, heads: Sequence[DeliveryRow]) -> None:
    """One row a key. A key that is there is due at the earlier of both times."""
    rows = [
        {
            "key": head.ordering_key,
            "connection": head.connection,
            "due_at": head.not_before,
            "urgent": head.urgent,
            "fence": 0,
        }
        for head in heads
    ]
    new = insert_into(session, OrderingKeyRow)
    least = func.least if session.get_bind().dialect.name == "postgresql" else func.min
    due = func.coalesce(least(OrderingKeyRow.due_at, new.excluded.due_at), new.excluded.due_at)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["key"], set_={"due_at": due, "urgent": new.excluded.urgent}
        ),
        rows,
    )
