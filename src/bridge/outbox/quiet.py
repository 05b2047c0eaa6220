"""For how long nothing comes due by itself, so that a loop which is woken for all else may rest."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from bridge.outbox.connection import Doors
from bridge.outbox.ordering import Wanted
from bridge.outbox.tables import OrderingKeyRow


def quiet_for(
    session: Session, names: Collection[str], doors: Doors, *, now: datetime, leases: datetime
) -> timedelta | None:
    """Until the next head is due, the next lease runs out or the next probe may go. `None`: nothing.

    Zero: something is due that nobody has in hand.

    `leases` is the database's time, which leases are compared in.
    """
    if _left_over(session, doors, now=now, leases=leases):
        return timedelta(0)
    due = [time for name in sorted(names) for time in _next_due(name, now)]
    lapse = select(func.min(OrderingKeyRow.leased_until)).where(
        OrderingKeyRow.leased_until > leases
    )
    *dues, lease = session.execute(select(*due, lapse.scalar_subquery())).one()
    waits = [one - now for one in (*dues, doors.next_probe) if one is not None]
    waits += [] if lease is None else [lease - leases]
    return max(min(waits), timedelta(0)) if waits else None


def _left_over(session: Session, doors: Doors, *, now: datetime, leases: datetime) -> bool:
    """Whether something is due that nobody has in hand, and whose door is open."""
    free = or_(OrderingKeyRow.leased_until.is_(None), OrderingKeyRow.leased_until < leases)
    due = Wanted(rooms={}, shut=doors.shut).of(now)
    query = select(OrderingKeyRow.key).where(
        OrderingKeyRow.connection.in_(sorted(doors.free)), *due, free
    )
    return session.scalars(query.limit(1)).first() is not None


def _next_due(name: str, now: datetime) -> "Iterator[ScalarSelect[datetime | None]]":
    """When the next head is due, and when the next record may be written again.

    One connection at a time: that is one entry of the index, however many wait.
    """
    mine, due = OrderingKeyRow.connection == name, OrderingKeyRow.due_at
    yield select(func.min(due)).where(mine, due > now).scalar_subquery()
    rested = select(func.min(OrderingKeyRow.not_before))
    yield rested.where(mine, due <= now, OrderingKeyRow.not_before > now).scalar_subquery()
