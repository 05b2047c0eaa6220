"""What a person decides about a hold, be it of a rule that went wild or another."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.outbox import hold as holds
from bridge.outbox import wild
from bridge.outbox.tables import DeliveryRow, HoldRow
from bridge.pipeline.after import dismissed
from bridge.pipeline.caps import store
from bridge.pipeline.syncing import conflicts
from bridge.pipeline.syncing.choosing import take_later
from bridge.pipeline.world import World


def release(
    session: Session,
    world: World,
    hold: HoldRow,
    *,
    by: str,
    why: str,
    spare: timedelta | None = None,
    now: datetime,
) -> int:
    """Let them go; how many. Its rule begins to be counted anew, and is not held again for `spare`."""
    if hold.kind == conflicts.KIND:
        take_later(session, world, hold, by=by, why=why, now=now)
        return 1
    count = holds.release(session, hold, by=by, why=why, now=now)
    hold.spared_until = now + spare if spare else None
    _over(session, world, hold, f"{by} let {count} deliveries go", now)
    return count


def discard(
    session: Session, world: World, hold: HoldRow, *, by: str, why: str, now: datetime
) -> tuple[int, list[DeliveryRow]]:
    """Drop them; how many, and those that were dropped at once. Also what was not gathered yet."""
    if hold.kind == wild.KIND:
        wild.gather_all(session, hold)
        session.flush()
    count = holds.left(session, hold.id)
    gone = holds.discard(session, hold, by=by, why=why, now=now)
    dismissed(session, world, gone)
    _over(session, world, hold, f"{by} dropped {count} deliveries", now)
    return count, gone


def _over(session: Session, world: World, hold: HoldRow, said: str, now: datetime) -> None:
    if hold.kind == wild.KIND:
        store.forgive(session, hold.about, now=now)
        text = f"rule {hold.about} is held no more: {said}"
        world.alarms.lift(session, f"blast:{hold.about}", text=text, now=now)
