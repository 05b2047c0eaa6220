"""Which connections may be called now: open ones, and one probe of a paused one at a time.

A part of a connection that has credentials of its own (a Teams channel: its URL) is paused alone.
It has a row while it is, named as its ordering keys begin.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.bell import OUTBOX
from bridge.canonical.text import cut, storable
from bridge.db import insert_once, ring
from bridge.outbox.tables import ConnectionRow

PROBE_FIRST = timedelta(seconds=60)
PROBE_CEILING = timedelta(minutes=15)
OPEN, CREDENTIALS, PAUSED = "open", "credentials", "paused"
_GAP_WEIGHT = 0.2  # of the newest gap in the running mean


_ALL = select(ConnectionRow)


def register(session: Session, names: Collection[str], *, now: datetime) -> None:
    """A row for each connection; `live_since` is the first time it ever ran."""
    rows = [
        {"name": name, "state": OPEN, "since": now, "reason": "", "failures": 0, "live_since": now}
        for name in names
    ]
    insert_once(session, ConnectionRow, rows, key="name")


def rows(session: Session) -> dict[str, ConnectionRow]:
    return {row.name: row for row in session.scalars(_ALL)}


@dataclass(frozen=True, kw_only=True)
class Doors:
    """What may be called now. `probes`: connections and parts to try with one delivery."""

    free: frozenset[str]
    shut: frozenset[str]  # parts that are paused
    probes: frozenset[str]
    next_probe: datetime | None = None  # when the next of the others may be tried


def doors(session: Session, names: Collection[str], *, now: datetime) -> Doors:
    """Among these connections."""
    known = [row for row in rows(session).values() if connection_of(row.name) in names]
    halted = {row.name for row in known if row.state == PAUSED}
    down = [row for row in known if row.state == CREDENTIALS]
    due = [row.name for row in down if (row.probe_at or now) <= now]
    later = [row.probe_at for row in down if row.probe_at is not None and row.probe_at > now]
    return Doors(
        free=frozenset(row.name for row in known if row.state == OPEN),
        shut=frozenset(row.name for row in down if is_part(row.name)),
        probes=frozenset(name for name in due if connection_of(name) not in halted),
        next_probe=min(later, default=None),
    )


def may_probe(session: Session, name: str, *, now: datetime) -> bool:
    """Whether it is still due for a probe. Locks it, so that no other worker probes as well."""
    row = session.get(ConnectionRow, name, with_for_update=True)
    return row is not None and row.state == CREDENTIALS and (row.probe_at or now) <= now


def book_probe(session: Session, name: str, *, now: datetime, scale: float) -> None:
    """A probe goes out: when the next one may, should this one fail. The wait grows."""
    row = session.get_one(ConnectionRow, name)
    row.failures = min(row.failures + 1, 8)
    row.probe_at = now + min(PROBE_CEILING, PROBE_FIRST * 2**row.failures) * scale


def pause(session: Session, name: str, *, reason: str, now: datetime, scale: float) -> bool:
    """Bad credentials: keep everything, call nothing but a probe now and then. True if it is news.

    `name` is a connection, or a part of one that has credentials of its own.
    """
    register(session, [name], now=now)
    row = session.get_one(ConnectionRow, name, with_for_update=True)
    if row.state == PAUSED:
        return False
    row.reason = cut(storable(reason), 1_000)
    if row.state == CREDENTIALS:  # a probe, or a call that was under way when it went down
        return False
    row.state, row.since, row.failures = CREDENTIALS, now, 0
    row.probe_at = now + PROBE_FIRST * scale
    return True


def reopen(session: Session, name: str, ordering_key: str, *, now: datetime) -> list[str]:
    """A real delivery of this key succeeded: which of its connection and its part were paused."""
    down = session.scalars(select(ConnectionRow).where(ConnectionRow.state == CREDENTIALS))
    places = f"{ordering_key}|"
    back = [row for row in down if row.name == name or places.startswith(f"{row.name}|")]
    for row in back:
        if is_part(row.name):
            session.delete(row)
        else:
            row.state, row.reason, row.since, row.failures, row.probe_at = OPEN, "", now, 0, None
    if back:
        ring(session, OUTBOX)
    return sorted(row.name for row in back)


def set_by_person(session: Session, name: str, state: str, *, reason: str, now: datetime) -> bool:
    """Pause or resume by hand, its parts as well; false if there is no such connection."""
    row = session.get(ConnectionRow, name, with_for_update=True)
    if row is None or is_part(name):
        return False
    row.state, row.reason, row.since, row.probe_at, row.failures = state, reason, now, None, 0
    if state == OPEN:
        for one in rows(session).values():
            if is_part(one.name) and connection_of(one.name) == name:
                session.delete(one)
    ring(session, OUTBOX)
    return True


def part_name(connection: str, part: str) -> str:
    """The row of a part, and the beginning of its ordering keys: `teams|channel:alerts`."""
    return f"{connection}|{part}" if part else connection


def connection_of(name: str) -> str:
    return name.partition("|")[0]


def is_part(name: str) -> bool:
    return "|" in name


def spoken(name: str) -> str:
    """`teams`, or `teams, channel alerts` for a part of it."""
    return name.replace("|", ", ").replace(":", " ")


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
