"""The breaker of a connection, or of a part of it: what does not answer is not called. Pure.

closed     five failures in a row that no single record explains --> open
open       its time has come, and one real delivery goes out ------> half_open
half_open  that one fails -----------------------------------------> open, for longer
any of them  anything succeeds, or is refused for its values ------> closed

A failure is: no answer, or one of 5xx or 408. A limit (429) is none, and no sign of life either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from bridge.exchange import Exchange

FAILURES = 5  # in a row
WITNESSES = 3  # so many records, or calls that did not even connect, must be among them
FIRST = timedelta(seconds=5)  # until the first probe; doubles with each that fails
CEILING = timedelta(minutes=2)
_LEAST_JITTER = 0.75
_MOST_OPENINGS = 16
_NOBODYS_FAULT = 503  # the vendor says itself that it is away


class Mode(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Sign(StrEnum):
    """What the end of a call says about the place that was called."""

    LIFE = "life"
    FAILURE = "failure"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`streak`: whose calls failed in a row, the latest last; empty words: nobody's fault but the place's.

    `openings` counts how often it opened since it was closed, `until` is when the next probe may go.
    """

    mode: Mode = Mode.CLOSED
    streak: tuple[str, ...] = ()
    openings: int = 0
    until: datetime | None = None

    def may_probe(self, now: datetime) -> bool:
        """Half-open and overdue, the worker that had the probe is gone."""
        return self.mode is not Mode.CLOSED and (self.until is None or self.until <= now)


@dataclass(frozen=True, kw_only=True)
class Waits:
    """`scale` shrinks every wait. `random` keeps nodes and connections from probing in step."""

    random: Random
    scale: float = 1.0

    def after(self, openings: int) -> timedelta:
        wait = min(CEILING, FIRST * 2.0 ** (openings - 1))
        return wait * self.scale * self.random.uniform(_LEAST_JITTER, 1.0)


def sign(kind: str, exchanges: Sequence[Exchange]) -> Sign:
    """By the kind of its error (empty: it went well) and what went over the wire."""
    if not exchanges:
        return Sign.NOTHING
    status = exchanges[-1].status
    if kind in {"transient", "ambiguous"} and (status in {0, 408} or status >= 500):
        return Sign.FAILURE
    return Sign.LIFE if not kind or (kind == "permanent" and status) else Sign.NOTHING


def witness(key: str, kind: str, exchanges: Sequence[Exchange]) -> str:
    """Whose fault a failure may be: its record's (by ordering key), or nobody's, when none was read."""
    status = exchanges[-1].status if exchanges else 0
    unread = (status == 0 and kind == "transient") or status == _NOBODYS_FAULT
    return "" if unread else key


def failed(
    breaker: Breaker,
    who: str,
    *,
    probe: bool,
    now: datetime,
    waits: Waits,
    away: timedelta = timedelta(0),
) -> Breaker:
    """A call failed. Those that were under way when it opened change nothing any more.

    `away`: for how long the vendor said not to come.
    """
    if breaker.mode is Mode.CLOSED:
        streak = (*breaker.streak, who)[-FAILURES:]
        if len(streak) < FAILURES or _witnesses(streak) < WITNESSES:
            return replace(breaker, streak=streak)
        return _opened(replace(breaker, streak=streak), now, waits, away)
    return _opened(breaker, now, waits, away) if probe else breaker


def lived(_: Breaker) -> Breaker:
    """A call was answered as it should be."""
    return Breaker()


def probing(breaker: Breaker, *, now: datetime, deadline: timedelta, waits: Waits) -> Breaker:
    """A probe goes out. If nobody tells how it ended, the next one may go after its whole deadline."""
    until = now + deadline * waits.scale + waits.after(breaker.openings)
    return replace(breaker, mode=Mode.HALF_OPEN, until=until)


def told_nothing(
    breaker: Breaker,
    *,
    asked: bool,
    now: datetime,
    waits: Waits,
    away: timedelta = timedelta(0),
) -> Breaker:
    """The probe ended without a sign: the next may go at once, or soon if this one did ask.

    One that a limit of ours kept back is followed sooner: what is urgent may use the reserve.
    """
    if breaker.mode is Mode.CLOSED:
        return breaker
    wait = max(waits.after(1), away) if asked else min(CEILING * waits.scale, away)
    return replace(breaker, mode=Mode.OPEN, until=now + wait)


def _opened(breaker: Breaker, now: datetime, waits: Waits, away: timedelta) -> Breaker:
    openings = min(breaker.openings + 1, _MOST_OPENINGS)
    until = now + max(waits.after(openings), away)
    return replace(breaker, mode=Mode.OPEN, openings=openings, until=until)


def _witnesses(streak: Sequence[str]) -> int:
    return len({who for who in streak if who}) + sum(not who for who in streak)
