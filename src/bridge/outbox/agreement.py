"""Whether ordering keys say what their deliveries say: looked through in slices, and set right.

A key that lost sight of its work would wait for ever. No order of events should lead there; that
this finds nothing is asserted wherever such orders are tried.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.db import Database, insert_once
from bridge.outbox import ordering
from bridge.outbox.ordering import Head
from bridge.outbox.tables import IN_TURN, DeliveryRow, OrderingKeyRow, State, spelled

SLICE = 2_000  # keys in one look, by name


@dataclass(kw_only=True)
class Audit:
    """Goes round all keys by name, a slice at each step."""

    database: Database
    slice: int = SLICE
    _after: str = ""

    def round(self, steps: int) -> list[str]:
        """At most so many steps, or until all keys were looked at; those that were set right."""
        mended = []
        for _ in range(steps):
            mended += self.step()
            if not self._after:
                break
        return mended

    def step(self) -> list[str]:
        """Look at one slice, without a lock; what seems wrong is looked at again with it."""
        with self.database.reading() as session:
            names, self._after = _names(session, self._after, self.slice)
            suspects = _wrong(session, names)
        if not suspects:
            return []
        with self.database.transaction() as session:
            return repair(session, suspects)


def repair(session: Session, names: Collection[str]) -> list[str]:
    """Those of these keys that are wrong are set right, under their locks."""
    keys = ordering.lock(session, names)
    _make(session, set(names) - keys.keys())
    wrong = sorted({*_wrong(session, names), *set(names) - keys.keys()})
    keys = ordering.lock(session, wrong)
    heads = ordering.turns(session, wrong)
    for name, key in keys.items():
        if name not in heads or heads[name].delivery.state != State.IN_FLIGHT:
            key.leased_by = key.leased_until = None
    ordering.settle(session, keys)
    return wrong


def disagreeing(session: Session) -> list[str]:
    """All keys that are wrong now: must be none."""
    found, after = [], ""
    while True:
        names, after = _names(session, after, SLICE)
        found += _wrong(session, names)
        if not after:
            return found


def _names(session: Session, after: str, limit: int) -> tuple[list[str], str]:
    """The next keys that have work, or say that they do, and where to go on; empty at the end."""
    own = select(OrderingKeyRow).where(OrderingKeyRow.key > after)
    rows = session.scalars(own.order_by(OrderingKeyRow.key).limit(limit)).all()
    end = rows[-1].key if len(rows) == limit else ""
    work = select(DeliveryRow.ordering_key).where(
        DeliveryRow.ordering_key > after, spelled(IN_TURN)
    )
    if end:
        work = work.where(DeliveryRow.ordering_key <= end)
    busy = {row.key for row in rows if row.due_at is not None or row.leased_until is not None}
    return sorted(busy | set(session.scalars(work.distinct()))), end


def _wrong(session: Session, names: Collection[str]) -> list[str]:
    if not names:
        return []
    query = select(OrderingKeyRow).where(OrderingKeyRow.key.in_(sorted(names)))
    keys = {row.key: row for row in session.scalars(query)}
    heads = ordering.turns(session, names)
    hurried = ordering.hurried(session, names)
    return [
        name
        for name in sorted(names)
        if _disagrees(keys.get(name), heads.get(name), hurried=name in hurried)
    ]


def _make(session: Session, names: Collection[str]) -> None:
    """Rows for keys that have deliveries and none of their own."""
    query = select(DeliveryRow.ordering_key, DeliveryRow.connection).distinct()
    found = session.execute(query.where(DeliveryRow.ordering_key.in_(sorted(names))))
    new = [{"key": row[0], "connection": row[1], "urgent": False, "fence": 0} for row in found]
    insert_once(session, OrderingKeyRow, new if names else [], key="key")


def _disagrees(key: OrderingKeyRow | None, head: Head | None, *, hurried: bool) -> bool:
    """Due before its head is no fault: what was owed since may go sooner, and a claim corrects it."""
    if key is None:
        return True
    if head is None:  # nothing to do, or a dead one is in the way
        return key.due_at is not None or key.leased_until is not None
    if key.due_at is None or (hurried and not key.urgent):
        return True
    if key.leased_until is not None:
        return head.delivery.state != State.IN_FLIGHT
    return key.due_at > head.delivery.not_before
