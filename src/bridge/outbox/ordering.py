"""Ordering keys: deliveries that share one go one at a time, oldest first.

The lease and its fence are the key's. `due_at` says when the key's head may go. Two statements keep
it true: enqueue writes the delivery and then the key; finish locks the key and then reads what is
left. In one statement each, a key would lose sight of its work under a concurrent enqueue.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from bridge.bell import OUTBOX
from bridge.db import dialect, ring
from bridge.ledger.tables import EventRow
from bridge.outbox import statements
from bridge.outbox.coalescing import Member
from bridge.outbox.sharing import Bulk, Sharing, is_within
from bridge.outbox.statements import Due, Shape, first_due
from bridge.outbox.tables import ConnectionRow, DeliveryRow, OrderingKeyRow, State
from bridge.rows import put

BULK_KEYS = 400  # looked at beside the calls that are free, to fill bulk calls
_MEMBER = ("order", *(one.name for one in fields(Member) if one.name != "order"))


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

    `shut`, `urgent_only` and `within` are beginnings of keys: `teams|channel:alerts`; `parts` says how
    many calls may begin of some of those, `scarce` how many before the rest must wait for longer.
    `sharing` says what goes into one
    bulk call, which is one call of its connection's room. Of `lingering` bulk
    calls one is under way: the next waits until it is full, or its first has waited for `linger`.
    Connections that are `apart` take no bulk calls, so no more of their keys are locked than leased:
    other nodes pass over what is locked.
    `merging` names the actions whose queued deliveries may go out as one.
    """

    rooms: Mapping[str, int]
    sharing: Sharing = field(default_factory=Sharing)
    merging: Collection[str] = ()
    apart: Collection[str] = ()
    lingering: Collection[Bulk] = ()
    linger: timedelta = timedelta(0)
    shut: Collection[str] = ()
    urgent_only: Collection[str] = ()
    parts: Mapping[str, int] = field(default_factory=dict)
    scarce: Mapping[str, int] = field(default_factory=dict)
    within: str = ""

    @property
    def shape(self) -> Shape:
        """What its statements differ by."""
        return Shape(
            names=tuple(sorted(self.rooms)),
            shut=tuple(sorted(self.shut)),
            urgent_only=tuple(sorted(self.urgent_only)),
            within=self.within,
        )


def lease(
    session: Session,
    wanted: Wanted,
    *,
    node: str,
    limit: int,
    due: datetime,
    now: datetime,
    term: timedelta,
) -> list[Due]:
    """Lease keys that are due, urgent ones first, for up to `limit` calls. `now` is the database's."""
    if not wanted.rooms:
        return []
    most = _most(wanted, limit)
    rows = session.execute(first_due(wanted.shape), {"due": due, "now": now, **most})
    keys = sorted((Due(*row) for row in rows), key=lambda key: (not key.urgent, key.due_at))
    taken = _within(wanted, keys, limit=limit, due=due)
    if not taken:
        return []
    # Locked on PostgreSQL, and the only writer on SQLite; and still compared.
    values = {"keys": [key.key for key in taken], "node": node, "now": now, "until": now + term}
    swapped = set(session.scalars(statements.swap(), values))
    return [key._replace(fence=key.fence + 1) for key in taken if key.key in swapped]


def _most(wanted: Wanted, limit: int) -> dict[str, int]:
    """How many keys of each connection are looked at, in the order of their names."""
    bulk = set(wanted.rooms) - set(wanted.apart) if wanted.sharing.sizes else set()
    return {
        f"most_{place}": min(limit, wanted.rooms[name]) + (BULK_KEYS if name in bulk else 0)
        for place, name in enumerate(wanted.shape.names)
    }


def _within(wanted: Wanted, keys: Sequence[Due], *, limit: int, due: datetime) -> list[Due]:
    """The first keys of each connection, for as many calls as it has room for."""
    rooms, seats = Counter({**wanted.rooms, **wanted.parts}), Counter[Bulk]()
    waiting = _lingering(wanted, keys, due)
    patient = ((key.key, _bulk(key)) for key in keys if not key.urgent)
    crowds = wanted.sharing.crowds(patient, wanted.scarce)
    taken = []
    for key in keys:
        bulk = _bulk(key)
        if bulk in waiting:
            continue
        alone = wanted.sharing.shy(bulk) and (key.urgent or bulk not in crowds)
        if alone or seats[bulk] < 1:
            places = [key.connection, *(one for one in wanted.parts if is_within(key.key, one))]
            if min(rooms[one] for one in places) < 1 or limit < 1:
                continue
            rooms.subtract(places)
            limit -= 1
            seats[bulk] += 0 if alone else wanted.sharing.size(bulk)
        seats[bulk] -= not alone
        taken.append(key)
    return taken


def _lingering(wanted: Wanted, keys: Sequence[Due], due: datetime) -> set[Bulk]:
    """Bulk calls that had better wait for company: one is under way, and the next is not full."""
    waiting = set()
    for bulk in wanted.lingering:
        mine = [key for key in keys if _bulk(key) == bulk]
        full = len(mine) >= wanted.sharing.size(bulk)
        hurried = any(key.urgent or key.due_at <= due - wanted.linger for key in mine)
        if not full and not hurried:
            waiting.add(bulk)
    return waiting


def _bulk(key: Due) -> Bulk:
    return key.connection, key.batch


class Head(NamedTuple):
    """The delivery whose turn it is, and whether more of its key waits behind it."""

    delivery: DeliveryRow
    followed: bool


def turns(session: Session, keys: Collection[str]) -> dict[str, Head]:
    """By key: the delivery whose turn it is, due or not. A key that a dead one blocks is left out.

    It is one that was begun, else the oldest. An older one may come back behind a newer one that is
    under way: a replay, a release, a link that was waited for. What was begun is ended first, so
    that never two are under way.
    """
    if not keys:
        return {}
    found = (Head(*row) for row in session.execute(statements.heads(), {"keys": sorted(keys)}))
    return {one.delivery.ordering_key: one for one in found if one.delivery.state != State.DEAD}


def members(session: Session, keys: Collection[str], *, depth: int) -> dict[str, list[Member]]:
    """By key: the first of its queue in their order, dead ones and all, as far as merging must know."""
    if not keys:
        return {}
    found: dict[str, list[Member]] = {}
    rows = session.execute(_members(dialect(session), depth), {"keys": sorted(keys)})
    for key, *values in rows:
        found.setdefault(key, []).append(Member(**dict(zip(_MEMBER, values, strict=True))))
    for queue in found.values():
        queue.sort(key=lambda one: (one.state != State.IN_FLIGHT, one.seq))
    return {key: queue[:depth] for key, queue in found.items()}


@cache
def _members(dialect: str, depth: int) -> Select[*tuple[Any, ...]]:
    """The key, then the values of a member. The event is looked up for each: by its index, always."""
    order = select(EventRow.seq).where(EventRow.id == DeliveryRow.event_id).scalar_subquery()
    values = (getattr(DeliveryRow, name) for name in _MEMBER if name != "order")
    query = select(DeliveryRow.ordering_key, order.label("order"), *values)
    return query.where(statements.in_turn(dialect, depth))


def heads(session: Session, keys: Collection[str], *, due: datetime) -> dict[str, Head]:
    """By key, the delivery whose turn it is now."""
    found = turns(session, keys)
    return {key: head for key, head in found.items() if head.delivery.not_before <= due}


def lock(session: Session, keys: Collection[str]) -> dict[str, OrderingKeyRow]:
    """The rows of these keys, locked in sorted order until the transaction ends."""
    if not keys:
        return {}
    rows = session.scalars(statements.locked(), {"keys": sorted(set(keys))})
    return {row.key: row for row in rows}


def settle(
    session: Session,
    keys: Collection[str],
    *,
    free: bool = False,
    shadows: Mapping[str, str] | None = None,
) -> None:
    """After a change of their deliveries: set when these keys are due. The caller has locked them.

    `free` gives their leases back as well; `shadows` are the new ones of some of them.
    """
    session.flush()
    if not keys:
        return
    statement = statements.settled(dialect(session), free=free, cast=bool(shadows))
    told = {"shadows": orjson.dumps(shadows).decode()} if shadows else {}
    if any(session.scalars(statement, {"keys": sorted(set(keys)), **told})):
        ring(session, OUTBOX)


def resettle(session: Session, keys: Iterable[str]) -> None:
    """The same, locking them first."""
    session.flush()
    settle(session, lock(session, set(keys)))


def free_leases(session: Session) -> None:
    """At the start of the only process: whoever held these is gone."""
    held = update(OrderingKeyRow).where(OrderingKeyRow.leased_until.is_not(None))
    session.execute(held.values(leased_until=None, leased_by=None))


def oldest_due(session: Session) -> dict[str, datetime]:
    """By connection: since when its longest waiting head is due."""
    first = (
        select(func.min(OrderingKeyRow.due_at))
        .where(OrderingKeyRow.connection == ConnectionRow.name, OrderingKeyRow.due_at.is_not(None))
        .scalar_subquery()
    )
    rows = session.execute(select(ConnectionRow.name, first))
    return {row[0]: row[1] for row in rows if row[1] is not None}


def _called(key: str, deliveries: Sequence[DeliveryRow]) -> dict[str, Any]:
    first = deliveries[0]
    return {
        "key": key,
        "connection": first.connection,
        "due_at": min(delivery.not_before for delivery in deliveries),
        "urgent": any(delivery.urgent for delivery in deliveries),
        "batch": "" if first.find_first else first.batch or "",  # none on a row that is not written
        "fence": 0,
    }


def _upsert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """One row a key. A key that is there is due at the earlier of both times."""
    put(session, statements.call_up(dialect(session)), rows)
    ring(session, OUTBOX)


def hurried(session: Session, keys: Collection[str]) -> set[str]:
    """Keys with an urgent delivery: it hurries those before it too, since it cannot pass them."""
    return set(session.scalars(statements.hurried(dialect(session)), {"keys": sorted(keys)}))
