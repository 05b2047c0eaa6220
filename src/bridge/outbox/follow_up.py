"""What follows from an end and could not be done with it: owed, and tried again until it is done."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.db import insert_once, ring
from bridge.outbox.tables import FollowUpRow

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)


def owe(session: Session, delivery_id: str, error: Exception, *, now: datetime) -> None:
    """Its end is recorded; its link, what waited for it, the alarm and the write-back are not."""
    row = {
        "delivery_id": delivery_id,
        "reason": type(error).__name__,
        "tries": 1,
        "due_at": now + FIRST_WAIT,
    }
    insert_once(session, FollowUpRow, [row], key="delivery_id")
    ring(session, CHORES)


def due(session: Session, *, now: datetime, limit: int = 50) -> list[str]:
    """Delivery ids, the longest due first."""
    query = select(FollowUpRow.delivery_id).where(FollowUpRow.due_at <= now)
    return list(session.scalars(query.order_by(FollowUpRow.due_at).limit(limit)))


def take(session: Session, delivery_id: str) -> bool:
    """It is done in this transaction. False: another node does it, or has."""
    query = select(FollowUpRow).where(FollowUpRow.delivery_id == delivery_id)
    row = session.scalar(query.with_for_update(skip_locked=True))
    if row is not None:
        session.delete(row)
    return row is not None


def postpone(session: Session, delivery_id: str, error: Exception, *, now: datetime) -> None:
    """It failed again: later, and later each time."""
    row = session.get(FollowUpRow, delivery_id, with_for_update=True)
    if row is None:
        return
    row.due_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.tries, 20))
    row.tries, row.reason = row.tries + 1, type(error).__name__


def any_left(session: Session) -> bool:
    return session.scalars(select(FollowUpRow.delivery_id).limit(1)).first() is not None
