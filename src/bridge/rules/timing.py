"""Rules that time sets off: which moment of a record they rest on, and when that makes an event. Pure.

    work.due_soon        a time before the due date, of work that is not done
    work.overdue         the due date, or a time after it, of work that is not done
    work.stalled         a time after the last change or comment, of work in progress
    feedback.unanswered  a time after it came in or was reopened, and nobody has taken it up

A field that is midnight in UTC is a day, and lasts as long as that day does in the calendar's zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bridge.calendars import Calendar
from bridge.calendars.term import Term
from bridge.canonical.event import Event
from bridge.canonical.record import Status
from bridge.canonical.timed import DUE_SOON, STALLED, TIMED, UNANSWERED
from bridge.ledger.facts import Due, Facts
from bridge.rules.descriptors import instant
from bridge.rules.people import UNATTRIBUTED

CREATED, CHANGED = "created_at", "changed_at"  # `changed_at` is no field: when it last moved
LATE = timedelta(minutes=10)  # a leader that changes, or a look that takes long, is no news
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What time looks at of a record. Times are the vendor's own where it tells them.

    `heard_at`: the newest comment on it; `answered_at`: the newest that answers it.
    """

    data: Mapping[str, Any]
    created_at: datetime | None = None
    status_at: datetime | None = None  # its status last changed
    changed_at: datetime | None = None  # anything that is tracked last changed
    heard_at: datetime | None = None
    answered_at: datetime | None = None
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What sets a rule off. `field`: what its term counts from; no term: that moment itself."""

    rule: str
    event: str
    field: str
    term: Term | None
    calendar_name: str
    calendar: Calendar
    tells_existing: bool = False

    def since(self, standing: Standing) -> datetime | None:
        """The moment it rests on; `None`: this record gives none, or it is over."""
        if standing.gone:
            return None
        if self.event == STALLED:
            return _still_since(standing)
        if self.event == UNANSWERED:
            return _waiting_since(standing)
        return _promised(standing, self.field)

    def at(self, since: datetime) -> datetime | None:
        """When the event comes; `None` beyond the end of all calendars."""
        try:
            return self._at(since)
        except OverflowError:
            return None

    def moot(self, since: datetime, *, now: datetime) -> bool:
        """Whether it is too late to say so: what is over is not soon."""
        try:
            return self.event == DUE_SOON and self._ends(since) <= now
        except OverflowError:
            return False

    def said(self, since: datetime) -> str:
        """`1 business day after due 2026-11-30 (calendar default, Europe/Berlin)`"""
        way = "before" if self.event == DUE_SOON else "after"
        term = f"{self.term} {way} " if self.term else ""
        at = f"{since:%Y-%m-%d}" if self._is_day(since) else f"{since:%Y-%m-%d %H:%M} UTC"
        return (
            f"{term}{_WORDS[self.field]} {at} (calendar {self.calendar_name}, {self.calendar.zone})"
        )

    def due(self, since: datetime, at: datetime, *, now: datetime, late: bool | None = None) -> Due:
        """The facts of an event that comes now."""
        is_late = now - at > LATE if late is None else late
        return Due(rule=self.rule, since=since, at=at, late=is_late, said=self.said(since))

    @property
    def kind(self) -> str:
        """The kind of record it is about."""
        return TIMED[self.event]

    @property
    def basis(self) -> str:
        """Changes when the same record may come due at another moment."""
        existing = " tells existing" if self.tells_existing else ""
        return f"{self.event} {self.field} {self.term} {self.calendar.fingerprint}{existing}"

    def _at(self, since: datetime) -> datetime:
        if self.event == DUE_SOON:
            begins = self._begins(since, 0) if self._is_day(since) else since
            return self.term.before(begins, self.calendar) if self.term else begins
        ends = self._ends(since)
        return self.term.after(ends, self.calendar) if self.term else ends

    def _ends(self, since: datetime) -> datetime:
        return self._begins(since, 1) if self._is_day(since) else since

    def _begins(self, since: datetime, days: int) -> datetime:
        return self.calendar.begins(since.astimezone(UTC).date() + _DAY * days)

    def _is_day(self, since: datetime) -> bool:
        return self.field not in (CREATED, CHANGED) and since.astimezone(UTC).time() == time()


_WORDS: Mapping[str, str] = {
    "due": "due",
    "promised": "promised",
    CREATED: "it has been waiting since",
    CHANGED: "its last change or comment",
}


def answers(comment: Mapping[str, Any]) -> bool:
    """Whether a comment answers what it is about: staff wrote it, and not for staff alone.

    Staff are those whom `people.yaml` names: what a customer adds is no answer, nor what we write.
    """
    department = (comment.get("author") or {}).get("department")
    return comment.get("public") is not False and department not in (None, UNATTRIBUTED)


def instant_of(told: Any) -> datetime | None:
    """A time as a record holds it; `None` for none, and for what is none to this version."""
    try:
        return instant(told) if told else None
    except ValueError:
        return None


def _promised(standing: Standing, field: str) -> datetime | None:
    is_done = standing.data.get("status") == Status.DONE
    return None if is_done else instant_of(standing.data.get(field))


def _still_since(standing: Standing) -> datetime | None:
    if standing.data.get("status") != Status.IN_PROGRESS:
        return None
    times = (standing.changed_at, standing.heard_at)
    return max((one for one in times if one is not None), default=standing.created_at)


def _waiting_since(standing: Standing) -> datetime | None:
    if standing.data.get("status") not in (None, Status.TODO):
        return None
    times = (standing.created_at, standing.status_at)
    since = max((one for one in times if one is not None), default=None)
    answered = standing.answered_at
    return since if since is None or answered is None or answered < since else None


def not_due(event: Event, facts: Facts) -> str:
    """Why time has made no such event; of one that it has, and of every other: nothing."""
    if event.kind not in TIMED:
        return ""
    if facts.due is None:
        return f"time makes no {event.kind} of this record: it is over, or lacks the date"
    if facts.due.at > facts.now:
        return f"not yet: due at {facts.due.at:%Y-%m-%d %H:%M} UTC, {facts.due.said}"
    return ""
