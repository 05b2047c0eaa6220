"""After a restore: what happened since the backup is known to the vendors, but not to us.

From a start with `--after-restore` until the watch ends, every write that can be found is looked
for before it is made, and a card whose fact may have been told already is marked uncertain. Ids and
write keys come from the facts, so a fact that is sent again asks for the very write that was lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.leadership.tables import JobRow
from bridge.ledger import store as ledger
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import AttemptRow, DeliveryRow, RestoreRow

ALARM = "restored"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What the database lacks lies between `since` and `until`."""

    since: datetime
    until: datetime
    watched_until: datetime

    @property
    def text(self) -> str:
        return (
            f"the database was restored and lacks {_said(self.since)} to {_said(self.until)};"
            f" until {_said(self.watched_until)} every create is looked for before it is made"
        )


@dataclass(kw_only=True)
class Watch:
    """The gap that this process minds, or `None`; read from the database once a second."""

    gap: Gap | None = None


def begin_watch(session: Session, *, lasts: timedelta, now: datetime) -> Gap:
    """Note a restore, and tell people. One that was under way already is part of the new gap."""
    before = current(session, now=now)
    since = min([_newest(session, now), *([before.since] if before else [])])
    for row in _open(session):
        row.ended_at = now
    gap = Gap(since=since, until=now, watched_until=now + lasts)
    session.add(RestoreRow(since=since, until=now, watched_until=gap.watched_until))
    alarms.lower(
        session,
        ALARM,
        kind="restored",
        text=gap.text,
        remedy=(
            "have the vendors' facts of the gap sent again, look at what is marked uncertain,"
            " and start without --after-restore the next time"
        ),
        link="",
        now=now,
    )
    return gap


def current(session: Session, *, now: datetime) -> Gap | None:
    """The gap that is watched now."""
    for row in _open(session):
        if now < row.watched_until:
            return Gap(since=row.since, until=row.until, watched_until=row.watched_until)
    return None


def end_watch(session: Session, *, now: datetime) -> None:
    """Once the time is up: say so."""
    over = [row for row in _open(session) if row.watched_until <= now]
    for row in over:
        row.ended_at = now
    if over:
        text = "the watch after the restore is over; creates are made at once again"
        alarms.lift(session, ALARM, text=text, now=now)


def doubtful(session: Session, gap: Gap, delivery: DeliveryRow) -> bool:
    """Whether this may have gone out in the gap: by its fact's time, or its record's birth."""
    if min(delivery.occurred_at, delivery.created_at) <= gap.until:
        return True
    event = ledger.event(session, delivery.event_id) if delivery.event_id else None
    if event is None or not event.kind.endswith(".created"):
        return False
    record = ledger.record(session, delivery.subject)
    return bool(record and record.created_at and record.created_at <= gap.until)


def _open(session: Session) -> Sequence[RestoreRow]:
    query = select(RestoreRow).where(RestoreRow.ended_at.is_(None))
    return session.scalars(query.order_by(RestoreRow.seq.desc())).all()


def _newest(session: Session, now: datetime) -> datetime:
    """The newest thing that the database knows; the clock's jobs leave a trace every few seconds."""
    columns = (JobRow.last_run_at, EventRow.recorded_at, AttemptRow.started_at)
    found = (session.scalar(select(func.max(column))) for column in columns)
    return max((one for one in found if one is not None and one <= now), default=now)


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
