"""What one group of alerts has to say now, and when to look again. Pure.

pending --`for` is over, and it still holds--> firing --told--> … --`resolve`--> resolved --told--> over
   '--- it does not hold any more: over           '--- nobody was told yet: over

A group says nothing before `wait` has passed since its first news, nor within `interval` of its last
card. Who was told is told again after `repeat`: while it lasts, or if it was seen again since.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

TOLD = "told"
BEFORE_TOLD = "over before anybody was told"
RESOLVED = "resolved, and told"
SILENCED = "silenced"


class State(StrEnum):
    PENDING = "pending"  # its `for` is not over
    FIRING = "firing"
    RESOLVED = "resolved"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a route says of time. `lasts`: an alert goes on until its `resolve` holds; else it is a notice."""

    wait: timedelta = timedelta(0)
    interval: timedelta = timedelta(0)
    repeat: timedelta = timedelta(0)
    lasts: bool = False


AT_ONCE = Terms()  # of a rule that is not there any more: say what was not said, and end


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert of a group. `ready_at`: its `for` is over. `seen_again`: since it was told. `held_back`:
    it was due while nothing might be said. `muted_until`: a silence that holds now ends then.
    """

    id: str
    state: State
    ready_at: datetime
    told_at: datetime | None = None
    seen_again: bool = False
    resolved_at: datetime | None = None
    held_back: bool = False
    muted_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Ids of what one card says: `still` fires and was told before, `again` is why it is said now."""

    news: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()

    @property
    def firing(self) -> tuple[str, ...]:
        return (*self.news, *self.again, *self.still)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One look at a group: what to say, whose end has come and why, and when to look again.

    `held_back` are due, but nothing may be said now. `telling` is `None` where nothing is due.
    """

    telling: Telling | None = None
    over: Mapping[str, str] = field(default_factory=dict)
    held_back: tuple[str, ...] = ()
    look_at: datetime | None = None


def look(
    alerts: Sequence[Alert],
    told_at: datetime | None,
    terms: Terms,
    *,
    now: datetime,
    shut_until: datetime | None = None,
) -> Step:
    """The next step of a group whose last card went out at `told_at`.

    `shut_until`: nothing may be said before then (quiet hours, or the cap is reached).
    """
    over = {one.id: why for one in alerts if (why := _ended(one, terms, now))}
    there = [one for one in alerts if one.id not in over]
    due = [one for one in there if _is_due(one, told_at, terms, now)]
    if not due:
        return Step(over=over, look_at=_next(there, told_at, terms))
    if shut_until is not None:
        waits = frozenset(one.id for one in due)
        others = _next([one for one in there if one.id not in waits], told_at, terms)
        return Step(
            over=over,
            held_back=tuple(one.id for one in due),
            look_at=shut_until if others is None else min(shut_until, others),
        )
    telling = _telling(there, frozenset(one.id for one in due), terms)
    over |= dict.fromkeys(telling.resolved, RESOLVED)
    told = frozenset(telling.firing)
    left = [replace(one, told_at=now) if one.id in told else one for one in there]
    left = [one for one in left if one.id not in over]
    return Step(telling=telling, over=over, look_at=_next(left, now, terms))


def due_at(alert: Alert, told_at: datetime | None, terms: Terms) -> datetime | None:
    """When this alert wants a card by itself; `None`: not as it stands."""
    wanted = _wanted(alert, terms)
    if wanted is None or told_at is None:
        return wanted
    return max(wanted, told_at + terms.interval)


def look_at(alert: Alert, told_at: datetime | None, terms: Terms) -> datetime | None:
    """When somebody must look at it: it is due then, or over, or its `for` or its silence is."""
    if alert.state is State.PENDING:
        return alert.ready_at
    if alert.state is State.RESOLVED and (alert.muted_until or not _must_be_told(alert)):
        return alert.resolved_at
    ends = _notice_ends(alert, terms)
    if alert.muted_until is not None:
        return alert.muted_until if ends is None else min(alert.muted_until, ends)
    wants = due_at(alert, told_at, terms)
    return ends if wants is None else wants


def _wanted(alert: Alert, terms: Terms) -> datetime | None:
    if alert.muted_until is not None:
        return None
    match alert.state:
        case State.FIRING if alert.told_at is None:
            return alert.ready_at + terms.wait
        case State.FIRING if _goes_on(alert, terms):
            assert alert.told_at is not None
            return alert.told_at + terms.repeat
        case State.RESOLVED if alert.resolved_at is not None and _must_be_told(alert):
            return alert.resolved_at + terms.wait
        case _:
            return None


def _goes_on(alert: Alert, terms: Terms) -> bool:
    """Whether it is there beyond what was told: it lasts, or was seen again since."""
    return terms.lasts or alert.seen_again


def _must_be_told(alert: Alert) -> bool:
    """An end is told to who heard of the beginning, or would have but for quiet hours or the cap."""
    return alert.told_at is not None or alert.held_back


def _notice_ends(alert: Alert, terms: Terms) -> datetime | None:
    """When a notice is over by itself. One that is silenced passes: its moment was then."""
    if terms.lasts or alert.state is not State.FIRING:
        return None
    if alert.told_at is None:
        return alert.ready_at + terms.wait if alert.muted_until else None
    return alert.told_at + terms.repeat


def _ended(alert: Alert, terms: Terms, now: datetime) -> str:
    """Why it is over without a word; empty: it is not."""
    if alert.state is State.RESOLVED:
        if not _must_be_told(alert):
            return BEFORE_TOLD
        return SILENCED if alert.muted_until else ""
    ends = _notice_ends(alert, terms)
    if ends is None or ends > now:
        return ""
    if alert.muted_until is not None:
        return SILENCED
    return "" if _goes_on(alert, terms) else TOLD


def _is_due(alert: Alert, told_at: datetime | None, terms: Terms, now: datetime) -> bool:
    wants = due_at(alert, told_at, terms)
    return wants is not None and wants <= now


def _telling(there: Iterable[Alert], due: frozenset[str], terms: Terms) -> Telling:
    """A card says everything that there is to say of its group, once it goes out."""
    said: dict[str, list[str]] = {"news": [], "again": [], "still": [], "resolved": []}
    for one in there:
        if one.muted_until is not None:
            continue
        if one.state is State.RESOLVED:
            said["resolved"].append(one.id)
        elif one.state is State.FIRING and one.told_at is None:
            said["news"].append(one.id)
        elif one.state is State.FIRING and one.id in due:
            said["again"].append(one.id)
        elif one.state is State.FIRING and terms.lasts:
            said["still"].append(one.id)
    return Telling(**{name: tuple(ids) for name, ids in said.items()})


def _next(alerts: Iterable[Alert], told_at: datetime | None, terms: Terms) -> datetime | None:
    times = (look_at(one, told_at, terms) for one in alerts)
    return min((time for time in times if time is not None), default=None)
