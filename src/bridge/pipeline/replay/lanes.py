"""Which items of a run may be done now: those of the connections that take more.

What goes to a connection where much is to go already is passed over, and comes when there is room. So is
what is about the same record as an earlier item that was: each record's items are done in order.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import ColumnElement

from bridge.ledger.tables import EventRow
from bridge.outbox import store as outbox
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.replay.counting import lanes_of
from bridge.pipeline.replay.wish import ReplayMode
from bridge.replays import store
from bridge.replays.tables import ReplayItemRow, ReplayRow

ROOM = 200  # deliveries that may be on their way to a connection when more are owed


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The items that may be done now, in order, and for what others wait, in words."""

    items: Sequence[ReplayItemRow]
    waits: str


def turn(session: Session, run: ReplayRow, *, size: int, now: datetime) -> Turn:
    """Up to `size` of them."""
    lanes = lanes_of(run.counts)
    rooms = {
        name: ROOM - outbox.queued(session, name, now=now, most=ROOM)
        for name in sorted({name for names in lanes.values() for name in names})
    }
    shut = {lane for lane, names in lanes.items() if any(rooms[name] < 1 for name in names)}
    waiting = [lane for lane in sorted(shut) if session.scalar(store.left(run.id, lane).limit(1))]
    found = _open(session, run, lanes.keys() - shut, waiting, size)
    full = sorted({name for lane in waiting for name in lanes[lane] if rooms[name] < 1})
    return Turn(items=list(_with_room(found, lanes, rooms)), waits=_words(full))


def _open(
    session: Session, run: ReplayRow, lanes: Collection[str], waiting: Collection[str], size: int
) -> list[ReplayItemRow]:
    """The first of these lanes together."""
    found: list[ReplayItemRow] = []
    of = EventRow if ReplayMode(run.mode).decides else DeliveryRow
    for lane in sorted(lanes):
        query = store.left(run.id, lane)
        if waiting:
            query = query.where(_not_behind(run.id, waiting, of))
        found += session.scalars(query.limit(size))
    return sorted(found, key=lambda item: item.number)[:size]


def _not_behind(
    replay_id: str, lanes: Collection[str], of: type[DeliveryRow] | type[EventRow]
) -> ColumnElement[bool]:
    """That nothing of these lanes is left that came before an item and is about the same record."""
    own, other, before = aliased(of), aliased(of), aliased(ReplayItemRow)
    earlier = exists().where(
        own.seq == ReplayItemRow.number,
        other.subject == own.subject,
        other.seq < own.seq,
        before.replay_id == replay_id,
        before.number == other.seq,
        before.lane.in_(sorted(lanes)),
        before.did == "",
    )
    return ~earlier


def _with_room(
    items: Sequence[ReplayItemRow], lanes: Mapping[str, Sequence[str]], rooms: dict[str, int]
) -> Iterator[ReplayItemRow]:
    """Until one has none: what comes behind that is for the next turn."""
    for item in items:
        names = lanes[item.lane]
        if any(rooms[name] < 1 for name in names):
            return
        rooms |= {name: rooms[name] - 1 for name in names}
        yield item


def _words(full: Sequence[str]) -> str:
    return f"{ROOM} or more are to go to {' and to '.join(full)} first" if full else ""
