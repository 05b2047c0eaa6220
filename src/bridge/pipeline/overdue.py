"""Holds that nobody has decided in time: the clock does what they say. And what a decision has left to do."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.outbox import hold as holds
from bridge.outbox.hold import Then
from bridge.outbox.tables import HoldRow
from bridge.pipeline.after import dismissed
from bridge.pipeline.caps import verdict
from bridge.pipeline.syncing.choosing import lock_asked
from bridge.pipeline.world import World

CLOCK = Principal("Bridge (clock)", Role.ADMIN)  # no key can have this name


def end_overdue(world: World) -> int:
    """End what is overdue, each in a transaction of its own; how many deliveries went or were dropped."""
    with world.database.reading() as session:
        found = holds.overdue(session, now=world.clock.now())
    count = 0
    for hold_id in found:
        with world.database.transaction() as session:
            count += _end(session, world, hold_id, world.clock.now())
    return count


def _end(session: Session, world: World, hold_id: str, now: datetime) -> int:
    lock_asked(session, hold_id)
    hold = holds.one(session, hold_id)
    if hold is None or hold.state != holds.OPEN or hold.until is None or hold.until > now:
        return 0  # somebody decided, or put it off, a moment ago
    why = f"nobody decided until {hold.until:%Y-%m-%d %H:%M} UTC"
    count = _do(session, world, hold, why, now)
    verb, hold.state = hold.then, holds.EXPIRED
    audit.record(session, CLOCK, verb, hold_id, reason=why, difference={"count": count}, now=now)
    return count


def _do(session: Session, world: World, hold: HoldRow, why: str, now: datetime) -> int:
    if hold.then == Then.RELEASE:
        return verdict.release(session, world, hold, by=CLOCK.name, why=why, now=now)
    count, _ = verdict.discard(session, world, hold, by=CLOCK.name, why=why, now=now)
    return count


def carry_out(world: World) -> int:
    """The next few deliveries of each decided hold, in a transaction of its own; how many holds there are.

    Any node does that: whoever decided may be gone.
    """
    with world.database.reading() as session:
        found = holds.under_way(session)
    for hold_id in found:
        with world.database.transaction() as session:
            hold = holds.one(session, hold_id)
            if hold is not None and hold.doing:
                gone = holds.carry_out(session, hold, now=world.clock.now())
                dismissed(session, world, gone)
    return len(found)
