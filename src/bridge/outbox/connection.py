"""Which connections may be called now: open ones, and one probe of a paused one at a time."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.text import cut, storable
from bridge.db import insert_once
from bridge.outbox.tables import ConnectionRow

PROBE_FIRST = timedelta(seconds=60)
PROBE_CEILING = timedelta(minutes=15)
OPEN, CREDENTIALS, PAUSED = "open", "credentials", "paused"
_GAP_WEIGHT = 0.2  # of the newest gap in the running mean


def register(session: Session, names: Collection[str], *, now: datetime) -> None:
    """A row for each connection; `live_since` is the first time it ever ran."""
    rows = [
        {"name": name, "state": OPEN, "since": now, "reason": "", "failures": 0, "live_since": now}
        for name in names
    ]
    insert_once(session, ConnectionRow, rows, key="name")


def rows(session: Session) -> dict[str, ConnectionRow]:
    return {row.name: row for row in session.scalars(select(ConnectionRow))}


def callable_now(
    session: Session, names: Collection[str], *, now: datetime
) -> tuple[set[str], set[str]]:
    """(open, due for a probe) among these connections."""
    known = rows(session)
    free = {name for name in names if known[name].state == OPEN} if known else set()
    probes = {
        name
        for name in names
        if (row := known.get(name)) and row.state == CREDENTIALS and (row.probe_at or now) <= now
    }
    return free, probes


def begin_probe(session: Session, name: str, *, now: datetime, scale: float) -> None:
    """Book the next probe before this one, so that no other worker probes at the same time."""
    row = session.get_one(ConnectionRow, name, with_for_update=True)
    row.probe_at = now + min(PROBE_CEILING, PROBE_FIRST * 2**row.failures) * scale


def pause(session: Session, name: str, *, reason: str, now: datetime, scale: float) -> bool:
    """Bad credentials: keep everything, call nothing but a probe now and then. True if it is news."""
    row = session.get_one(ConnectionRow, name, with_for_update=True)
    news = row.state == OPEN
    if row.state == PAUSED:
        return False
    if news:
        row.since, row.failures = now, 0
    else:
        row.failures = min(row.failures + 1, 8)
    row.state, row.reason = CREDENTIALS, cut(storable(reason), 1_000)
    row.probe_at = now + min(PROBE_CEILING, PROBE_FIRST * 2**row.failures) * scale
    return news


def reopen(session: Session, name: str, *, now: datetime) -> bool:
    """A real delivery succeeded. True if the connection was paused for its credentials."""
    row = session.get(ConnectionRow, name)
    if row is None or row.state != CREDENTIALS:
        return False
    row.state, row.reason, row.since, row.failures, row.probe_at = OPEN, "", now, 0, None
    return True


def set_by_person(session: Session, name: str, state: str, *, reason: str, now: datetime) -> bool:
    """Pause or resume by hand; false if there is no such connection."""
    row = session.get(ConnectionRow, name, with_for_update=True)
    if row is None:
        return False
    row.state, row.reason, row.since, row.probe_at, row.failures = state, reason, now, None, 0
    return True


def heard(session: Session, name: str, *, at: datetime) -> None:
    """A message came: remember when, and how long it usually takes."""
    row = session.get(ConnectionRow, name)
    if row is None:
        return
    if row.last_message_at and at > row.last_message_at:
        gap = (at - row.last_message_at).total_seconds()
        usual = row.gap_seconds
        row.gap_seconds = gap if usual is None else usual + _GAP_WEIGHT * (gap - usual)
    row.last_message_at = max(at, row.last_message_at or at)
