"""Jobs, and which of them are due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from bridge.leadership import store
from bridge.leadership.trigger import Trigger, following, latest

ON_TIME = timedelta(minutes=1)  # a run no later than this was not missed


class CatchUp(StrEnum):
    """What becomes of times that passed while nobody led."""

    ONCE = "once"  # the last of them runs, however many there were
    NONE = "none"  # they are let go


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work inside one transaction, which also notes that its time is dealt with: once, or not at all.

    `run` gets the session and the scheduled time, and keys what it inserts by it. It never asks
    the network: for that there is `Errand`.
    """

    name: str
    trigger: Trigger
    run: Callable[[Session, datetime], None]
    catch_up: CatchUp = CatchUp.ONCE


@dataclass(frozen=True, kw_only=True)
class Errand:
    """Work outside of a transaction, at most once per scheduled time: one that fails is not
    repeated before it is due again, so it suits what runs often."""

    name: str
    trigger: Trigger
    run: Callable[[datetime], None]
    catch_up: CatchUp = CatchUp.NONE


Work = Job | Errand


@dataclass(frozen=True, kw_only=True)
class Due:
    """A job whose time has come, or came while nobody led. `before`: what it is moved on from."""

    work: Work
    scheduled: datetime
    before: datetime
    failures: int
    missed: bool  # and not to be caught up with: only moved on


def due(session: Session, works: Sequence[Work], *, now: datetime) -> list[Due]:
    """What is to be run now, each once, in the order of the list."""
    found = (_due(work, store.known(session, work.name, now=now), now) for work in works)
    return [one for one in found if one is not None]


def next_due(session: Session, works: Sequence[Work], *, now: datetime) -> datetime | None:
    """When one of them is due next, or to be tried again; `None` when none ever is."""
    times = [_next(work, store.known(session, work.name, now=now)) for work in works]
    return min((time for time in times if time is not None), default=None)


def _next(work: Work, known: store.Known) -> datetime | None:
    return known.retry_at or following(work.trigger, known.last_scheduled_at)


def _due(work: Work, known: store.Known, now: datetime) -> Due | None:
    if known.retry_at is not None and known.retry_at > now:
        return None
    scheduled = latest(work.trigger, after=known.last_scheduled_at, until=now)
    if scheduled is None:
        return None
    late = now - scheduled > ON_TIME and known.failures == 0
    return Due(
        work=work,
        scheduled=scheduled,
        before=known.last_scheduled_at,
        failures=known.failures,
        missed=late and work.catch_up is CatchUp.NONE,
    )
