"""Ordering keys: deliveries that share one go one at a time, oldest first.

The lease and its fence are the key's. `due_at` says when the key's head may go. Two statements keep
it true: enqueue writes the delivery and then the key; finish locks the key and then reads what is
left. In one statement each, a key would lose sight of its work under a concurrent enqueue.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, not_, or_, select, update
from sqlalchemy.orm import Session

from bridge.db import insert_into
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow, State

_REFRESH = {"synchronize_session": "fetch"}  # rows that are loaded show what was written
_QUEUED = (State.PENDING, State.IN_FLIGHT)
_BLOCKING = (DeliveryRow.state == State.DEAD) & (DeliveryRow.dead_head == "block")


def call_up(session: Session, deliveries: Iterable[DeliveryRow]) -> None:
    """Tell the keys of these pending deliveries that there is work. Sorted, so that none deadlock."""
    session.flush()
    wanted: dict[str, list[DeliveryRow]] = {}
    for delivery in deliveries:
        wanted.setdefault(delivery.ordering_key, []).append(delivery)
    if wanted:
        _upsert(session, [_called(key, wanted[key]) for key in sorted(wanted)])


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which keys may be leased: of these connections, each up to its room, but none of what is shut.

    `shut` and `within` are beginnings of keys: `teams|channel:alerts`.
    """

    rooms: Mapping[str, int]
    shut: Collection[str] = ()
    within: str = ""

    def of(self, due: datetime) -> list[ColumnElement[bool]]:
        """Keys that are due and wanted, leased or not."""
        conditions = [
            OrderingKeyRow.connection.in_(sorted(self.rooms)),
            OrderingKeyRow.due_at <= due,
            *(not_(_begins(one)) for one in sorted(self.shut)),
        ]
        return [*conditions, _begins(self.within)] if self.within else conditions


def lease(
    session: Session,
    wanted: Wanted,
    *,
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
        .where(*wanted.of(due), free)
        .order_by(OrderingKeyRow.urgent.desc(), OrderingKeyRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rooms = Counter(wanted.rooms)
    chosen = []
    for key in session.scalars(ready).all():
        rooms[key.connection] -= 1
        if rooms[key.connection] >= 0:
            chosen.append(key)
    swap = (
        update(OrderingKeyRow)
        .where(OrderingKeyRow.key.in_(sorted(key.key for key in chosen)), free)
        .values(fence=OrderingKeyRow.fence + 1, leased_by=node, leased_until=now + term)
        .returning(OrderingKeyRow.key)
    )
    taken = set(session.scalars(swap, execution_options=_REFRESH)) if chosen else set()
    return [key for key in chosen if key.key in taken]


def head(session: Session, key: str) -> DeliveryRow | None:
    """The delivery whose turn it is: one that was begun, else the oldest, unless a dead one blocks it.

    An older one may come back behind a newer one that is under way: a replay, a release, a link
    that was waited for. What was begun is ended first, so that never two are under way.
    """
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.ordering_key == key, or_(DeliveryRow.state.in_(_QUEUED), _BLOCKING))
        .order_by(DeliveryRow.state != State.IN_FLIGHT, DeliveryRow.seq)
        .limit(1)
    )
    first = session.scalars(query).first()
    return None if first is None or first.state == State.DEAD else first


def lock(session: Session, key: str) -> OrderingKeyRow | None:
    """The key's row, locked until the transaction ends."""
    query = select(OrderingKeyRow).where(OrderingKeyRow.key == key)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def lock_all(session: Session, keys: Iterable[str]) -> None:
    """Keys by name, each locked in turn, in sorted order."""
    for name in sorted(set(keys)):
        lock(session, name)


def settle(session: Session, key: OrderingKeyRow) -> None:
    """After a change of its deliveries: set when the key is due. The caller has locked it."""
    session.flush()
    first = head(session, key.key)
    key.due_at = first.not_before if first else None
    key.urgent = first is not None and (first.urgent or _urgent_behind(session, key.key))


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
    return [key for key in session.scalars(query) if head(session, key) is not None]


def oldest_due(session: Session) -> dict[str, datetime]:
    """By connection: since when its longest waiting head is due."""
    query = select(OrderingKeyRow.connection, func.min(OrderingKeyRow.due_at)).where(
        OrderingKeyRow.due_at.is_not(None)
    )
    rows = session.execute(query.group_by(OrderingKeyRow.connection))
    return {row[0]: row[1] for row in rows if row[1] is not None}


def _called(key: str, deliveries: Sequence[DeliveryRow]) -> dict[str, Any]:
    return {
        "key": key,
        "connection": deliveries[0].connection,
        "due_at": min(delivery.not_before for delivery in deliveries),
        "urgent": any(delivery.urgent for delivery in deliveries),
        "fence": 0,
    }


def _upsert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """One row a key. A key that is there is due at the earlier of both times."""
    new = insert_into(session, OrderingKeyRow)
    least = func.least if session.get_bind().dialect.name == "postgresql" else func.min
    due = func.coalesce(least(OrderingKeyRow.due_at, new.excluded.due_at), new.excluded.due_at)
    urgent = or_(OrderingKeyRow.urgent, new.excluded.urgent)
    session.execute(
        new.on_conflict_do_update(index_elements=["key"], set_={"due_at": due, "urgent": urgent}),
        rows,
    )


def _begins(start: str) -> ColumnElement[bool]:
    """Keys that are `start`, or go on behind it."""
    return or_(
        OrderingKeyRow.key == start, OrderingKeyRow.key.startswith(f"{start}|", autoescape=True)
    )


def _urgent_behind(session: Session, key: str) -> bool:
    """An urgent delivery hurries those before it too: it cannot pass them."""
    query = select(DeliveryRow.seq).where(
        DeliveryRow.ordering_key == key, DeliveryRow.state.in_(_QUEUED), DeliveryRow.urgent
    )
    return session.scalars(query.limit(1)).first() is not None
