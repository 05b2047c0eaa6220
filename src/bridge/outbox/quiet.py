"""For how long nothing comes due by itself, so that a loop which is woken for all else may rest."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.outbox.connection import Doors
from bridge.outbox.statements import Shape, next_due


def quiet_for(
    session: Session, names: Collection[str], doors: Doors, *, now: datetime, leases: datetime
) -> timedelta | None:
    """Until the next head is due, the next lease runs out or the next probe may go. `None`: nothing.

    Zero: something is due that nobody has in hand.

    `leases` is the database's time, which leases are compared in.
    """
    open_ones = Shape(names=tuple(sorted(doors.free)), shut=tuple(sorted(doors.shut)))
    statement = next_due(tuple(sorted(names)), open_ones)
    left_over, lease, *dues = session.execute(statement, {"due": now, "now": leases}).one()
    if left_over is not None:
        return timedelta(0)
    waits = [one - now for one in (*dues, doors.next_probe) if one is not None]
    waits += [] if lease is None else [lease - leases]
    return max(min(waits), timedelta(0)) if waits else None
