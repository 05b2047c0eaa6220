"""Which connections may be called now: open ones, and one probe at a time of one that is down.

Down is what has bad credentials, and what does not answer (`broken`, and `probing` while its probe
is out: outbox/breaker.py). A part of a connection that has a URL of its own (a Teams channel) is
down alone. It has a row while there is trouble, named as its ordering keys begin.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.bell import OUTBOX
from bridge.canonical.text import cut, storable
from bridge.db import Base, insert_once, ring
from bridge.outbox import breaker
from bridge.outbox.breaker import Breaker, Mode, Waits
from bridge.outbox.tables import ConnectionRow

PROBE_FIRST = timedelta(seconds=60)  # of bad credentials
PROBE_CEILING = timedelta(minutes=15)
OPEN, CREDENTIALS, PAUSED, BROKEN, PROBING = "open", "credentials", "paused", "broken", "probing"
_DOWN = frozenset({CREDENTIALS, BROKEN, PROBING})
_MODES = {OPEN: Mode.CLOSED, BROKEN: Mode.OPEN, PROBING: Mode.HALF_OPEN}
_STATES = {mode: state for state, mode in _MODES.items()}


class Seen(NamedTuple):
    """What a look at all doors must know of each."""

    name: str
    state: str
    streak: Any
    probe_at: datetime | None


_ALL = select(ConnectionRow)
_SEEN = select(*(Base.metadata.tables[ConnectionRow.__tablename__].c[one] for one in Seen._fields))


@dataclass(frozen=True, kw_only=True)
class News:
    """Who hears what became of a connection or a part, in the transaction that notes it.

    paused     (session, name, reason): its credentials went bad, said once
    broken     (session, name, reason): it does not answer and is not called any more, said once
    recovered  (session, name): it is called again
    """

    paused: Callable[[Session, str, str], None]
    broken: Callable[[Session, str, str], None]
    recovered: Callable[[Session, str], None]


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
    """What may be called now. `probes`: connections and parts to try with one delivery.

    `troubled` are all rows for which a success is news.
    """

    free: frozenset[str]
    shut: frozenset[str]  # parts that are down
    probes: frozenset[str]
    troubled: frozenset[str]
    next_probe: datetime | None = None  # when the next of the others may be tried


def doors(session: Session, names: Collection[str], *, now: datetime) -> Doors:
    """Among these connections."""
    seen = [Seen(*row) for row in session.execute(_SEEN)]
    known = [row for row in seen if connection_of(row.name) in names]
    halted = {row.name for row in known if row.state == PAUSED}
    down = [row for row in known if row.state in _DOWN]
    due = [row.name for row in down if (row.probe_at or now) <= now]
    later = [row.probe_at for row in down if row.probe_at is not None and row.probe_at > now]
    return Doors(
        free=frozenset(row.name for row in known if row.state == OPEN and not is_part(row.name)),
        shut=frozenset(row.name for row in down if is_part(row.name)),
        probes=frozenset(name for name in due if connection_of(name) not in halted),
        next_probe=min(later, default=None),
        troubled=frozenset(row.name for row in known if has_trouble(row)),
    )


def has_trouble(row: ConnectionRow | Seen) -> bool:
    """Whether a success there would be news."""
    return row.state != OPEN or bool(row.streak)


def may_probe(session: Session, name: str, *, now: datetime) -> bool:
    """Whether it is still due for a probe. Locks it, so that no other worker probes as well."""
    row = session.get(ConnectionRow, name, with_for_update=True, populate_existing=True)
    return row is not None and is_due(row, now=now)


def is_due(row: ConnectionRow, *, now: datetime) -> bool:
    """Whether it is down, and may be probed."""
    return row.state in _DOWN and (row.probe_at or now) <= now


def book_probe(
    session: Session, name: str, *, now: datetime, deadline: float, waits: Waits
) -> None:
    """A probe goes out: when the next one may, should nobody tell how this one ended."""
    row = session.get_one(ConnectionRow, name)
    if row.state == CREDENTIALS:
        row.failures = min(row.failures + 1, 8)
        row.probe_at = now + min(PROBE_CEILING, PROBE_FIRST * 2**row.failures) * waits.scale
        return
    lasts = timedelta(seconds=deadline)
    keep(row, breaker.probing(breaker_of(row), now=now, deadline=lasts, waits=waits), now=now)


def unbook(row: ConnectionRow, *, now: datetime) -> None:
    """The probe of bad credentials came to its end without a call: another may go at once."""
    row.failures, row.probe_at = max(0, row.failures - 1), now


def locked(session: Session, names: Collection[str], *, now: datetime) -> list[ConnectionRow]:
    """These rows, locked in sorted order until the end; those that are not there yet are made."""
    register(session, names, now=now)
    query = select(ConnectionRow).where(ConnectionRow.name.in_(sorted(names)))
    return list(
        session.scalars(
            query.order_by(ConnectionRow.name)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def pause(row: ConnectionRow, *, reason: str, now: datetime, scale: float) -> bool:
    """Bad credentials: keep everything, call nothing but a probe now and then. True if it is news."""
    row.reason = cut(storable(reason), 1_000)
    if row.state == CREDENTIALS:  # a probe, or a call that was under way when it went down
        return False
    row.state, row.since, row.failures, row.streak = CREDENTIALS, now, 0, None
    row.probe_at = now + PROBE_FIRST * scale
    return True


def reopen(session: Session, row: ConnectionRow, *, now: datetime) -> None:
    """It is called again."""
    keep(row, Breaker(), now=now)
    forget(session, row)


def breaker_of(row: ConnectionRow) -> Breaker:
    """For a row whose state is one of a breaker."""
    return Breaker(
        mode=_MODES[row.state],
        streak=tuple(row.streak or ()),
        openings=row.failures,
        until=row.probe_at,
    )


def breaker_mode(row: ConnectionRow) -> Mode:
    """Closed for what is not called for another reason."""
    return _MODES.get(row.state, Mode.CLOSED)


def keep(row: ConnectionRow, now_is: Breaker, *, now: datetime, reason: str = "") -> None:
    """Write a breaker down. `reason` is kept while it is not closed."""
    was, row.state = row.state, _STATES[now_is.mode]
    row.streak = list(now_is.streak) or None
    row.failures, row.probe_at = now_is.openings, now_is.until
    if now_is.mode is Mode.CLOSED:
        row.reason = ""
    elif reason:
        row.reason = cut(storable(reason), 1_000)
    if (was == OPEN) != (row.state == OPEN):
        row.since = now


def forget(session: Session, row: ConnectionRow) -> None:
    """A part without trouble has no row."""
    if is_part(row.name):
        session.delete(row)


def set_by_person(session: Session, name: str, state: str, *, reason: str, now: datetime) -> bool:
    """Pause or resume by hand, its parts as well; false if there is no such connection."""
    row = session.get(ConnectionRow, name, with_for_update=True)
    if row is None or is_part(name):
        return False
    row.state, row.reason, row.since = state, reason, now
    row.probe_at, row.failures, row.streak = None, 0, None
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
