"""All SQL of leadership. Every `now` that a lease is compared with is the database's own time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bridge.db import insert_once
from bridge.leadership.tables import JobRow, LeaderRow

FIRST_WAIT = timedelta(seconds=10)  # after a job failed; doubles
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A reign. `fence` tells it from every other, also from an earlier one of the same node."""

    name: str
    holder: str
    fence: int


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a job."""

    last_scheduled_at: datetime
    last_run_at: datetime | None
    last_error: str
    failures: int
    retry_at: datetime | None


def campaign(
    session: Session, name: str, node: str, *, lease: timedelta, now: datetime
) -> Lease | None:
    """Lead, if nobody does: a compare and swap, so of two nodes one wins. `None`: another leads."""
    first = {"name": name, "holder": node, "fence": 1, "leased_until": now + lease}
    if insert_once(session, LeaderRow, [first], key="name"):
        return Lease(name=name, holder=node, fence=1)
    fence = session.scalar(
        update(LeaderRow)
        .where(LeaderRow.name == name, LeaderRow.leased_until <= now)
        .values(holder=node, fence=LeaderRow.fence + 1, leased_until=now + lease)
        .returning(LeaderRow.fence)
        .execution_options(synchronize_session=False)
    )
    return None if fence is None else Lease(name=name, holder=node, fence=fence)


def led(session: Session, name: str, *, now: datetime) -> bool:
    """Whether somebody leads: a look, before anything is written."""
    query = select(LeaderRow.name).where(LeaderRow.name == name, LeaderRow.leased_until > now)
    return session.scalar(query) is not None


def renew(session: Session, held: Lease, *, lease: timedelta, now: datetime) -> bool:
    """Lead on. False when the lease has lapsed, even if nobody has taken over yet."""
    return _set_end(session, held, now + lease, now=now)


def resign(session: Session, held: Lease, *, now: datetime) -> bool:
    """Let another lead at once. False when the lease was lost already."""
    return _set_end(session, held, now, now=now)


def holds(session: Session, held: Lease, *, now: datetime) -> bool:
    """Whether this reign still lasts."""
    query = select(LeaderRow.name).where(
        LeaderRow.name == held.name, LeaderRow.fence == held.fence, LeaderRow.leased_until > now
    )
    return session.scalar(query) is not None


def known(session: Session, name: str, *, now: datetime) -> Known:
    """What is known of a job. A job seen for the first time has missed nothing before now."""
    row = session.get(JobRow, name)
    if row is None:
        insert_once(session, JobRow, [{"name": name, "last_scheduled_at": now}], key="name")
        row = session.get_one(JobRow, name)
    return Known(
        last_scheduled_at=row.last_scheduled_at,
        last_run_at=row.last_run_at,
        last_error=row.last_error,
        failures=row.failures,
        retry_at=row.retry_at,
    )


def take(session: Session, name: str, scheduled: datetime, *, before: datetime) -> bool:
    """Move a job on from one scheduled time to the next; false when somebody else has.

    Until this transaction ends nobody else can, so what it does is done once per scheduled time.
    """
    statement = (
        update(JobRow)
        .where(JobRow.name == name, JobRow.last_scheduled_at == before)
        .values(last_scheduled_at=scheduled)
        .returning(JobRow.name)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None


def ran(session: Session, name: str, *, now: datetime) -> None:
    """A job came to its end."""
    _note(session, name, last_run_at=now, last_error="", failures=0, retry_at=None)


def failed(session: Session, name: str, reason: str, *, failures: int, now: datetime) -> None:
    """A job failed for the n-th time in a row: again later."""
    retry_at = now + min(FIRST_WAIT * 2 ** min(failures - 1, 20), LONGEST_WAIT)
    _note(session, name, last_run_at=now, last_error=reason, failures=failures, retry_at=retry_at)


def _set_end(session: Session, held: Lease, until: datetime, *, now: datetime) -> bool:
    statement = (
        update(LeaderRow)
        .where(
            LeaderRow.name == held.name,
            LeaderRow.fence == held.fence,
            LeaderRow.leased_until > now,
        )
        .values(leased_until=until)
        .returning(LeaderRow.name)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(statement) is not None


def _note(session: Session, name: str, **values: object) -> None:
    session.execute(
        update(JobRow)
        .where(JobRow.name == name)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
