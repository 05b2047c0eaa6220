"""One business calendar. Every moment is aware, and every answer in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from bridge.calendars import workdays
from bridge.calendars.span import Span, moment

WEEKEND = frozenset((5, 6))  # Monday is 0
OFFICE = (Span(9 * 60, 17 * 60),)
_DAY = timedelta(days=1)
_ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Worked:
    """A stretch of work, `end` not in it. `day`: the business day it is part of, also past midnight."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When people work. `hours` are sorted and apart; `weekend` left out is the country's.

    Near the ends of the calendar (years 1 and 9999) every method may raise OverflowError.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    country: str | None = None
    subdivision: str | None = None
    weekend: frozenset[int] | None = None
    hours: tuple[Span, ...] = OFFICE
    extra_holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()
    quiet_hours: tuple[Span, ...] = ()

    def begins(self, day: date) -> datetime:
        """Midnight on the wall, at the beginning of a day."""
        return moment(day, 0, self.zone)

    @cached_property
    def fingerprint(self) -> str:
        """Another one where it may answer otherwise: by what is declared, or by what the library knows."""
        named = (one.name for one in fields(self))
        parts = {name: _sorted(getattr(self, name)) for name in named if name != "quiet_hours"}
        return f"{parts}" if self.country is None else f"{parts} {workdays.LIBRARY}"

    def day(self, at: datetime) -> date:
        """The date on the wall at a moment."""
        return at.astimezone(self.zone).date()

    def is_workday(self, day: date) -> bool:
        """What is declared goes before what the library says, and a make-up workday before a weekend."""
        if day in self.extra_workdays:
            return True
        if day in self.extra_holidays:
            return False
        if self.country is None:
            return day.weekday() not in (WEEKEND if self.weekend is None else self.weekend)
        known = workdays.year(self.country, self.subdivision, day.year)
        weekend = known.weekend if self.weekend is None else self.weekend
        return day in known.worked or (day not in known.off and day.weekday() not in weekend)

    def is_open(self, at: datetime) -> bool:
        """Whether people are at work."""
        return self._at_work(at) is not None

    def next_open(self, at: datetime) -> datetime:
        """The moment itself if people are at work, else when they next begin."""
        return max(next(self._from(at)).start, at.astimezone(UTC))

    def add_time(self, length: timedelta, at: datetime) -> datetime:
        """When so much working time has passed since then; for a negative length, before.

        It ends with the day that it fills: eight hours from nine are five o'clock, not the next nine.
        """
        return self._ahead(length, at) if length >= _ZERO else self._back(-length, at)

    def add_days(self, days: int, at: datetime) -> datetime:
        """The same wall time so many business days later, or earlier; people are at work then.

        From a moment outside of work it counts from when they next begin, and back from when they
        last stopped: a day after Saturday noon is Tuesday's beginning, a day before it Friday's.
        """
        worked = self._at_work(at)
        if worked is None:
            worked = next(self._from(at) if days >= 0 else self._until(at))
        begin = min(max(at.astimezone(UTC), worked.start), worked.end)
        wall = begin.astimezone(self.zone)
        moved = self._moved(worked.day, days) - worked.day
        there = wall.replace(tzinfo=None) + moved
        return self.next_open(there.replace(tzinfo=self.zone, fold=wall.fold))

    def days_between(self, first: datetime, last: datetime) -> int:
        """How many business days begin after the day of the one and until the day of the other."""
        if last < first:
            return -self.days_between(last, first)
        start, end = self.day(first), self.day(last)
        return sum(self.is_workday(start + _DAY * n) for n in range(1, (end - start).days + 1))

    def quiet_until(self, at: datetime) -> datetime | None:
        """When the quiet hours end that this moment is in; `None` when it is in none."""
        until = None
        while (end := self._quiet_end(at)) is not None:
            at = until = end
        return until

    def _quiet_end(self, at: datetime) -> datetime | None:
        day = self.day(at)
        spans = (span.on(one, self.zone) for one in (day - _DAY, day) for span in self.quiet_hours)
        return next((end for start, end in spans if start <= at < end), None)

    def _at_work(self, at: datetime) -> Worked | None:
        found = next(self._from(at))
        return found if found.start <= at else None

    def _ahead(self, length: timedelta, at: datetime) -> datetime:
        for worked in self._from(at):
            begin = max(worked.start, at.astimezone(UTC))
            if length <= worked.end - begin:
                return begin + length
            length -= worked.end - begin
        raise AssertionError("a calendar has no last day")

    def _back(self, length: timedelta, at: datetime) -> datetime:
        for worked in self._until(at):
            end = min(worked.end, at.astimezone(UTC))
            if length <= end - worked.start:
                return end - length
            length -= end - worked.start
        raise AssertionError("a calendar has no first day")

    def _moved(self, day: date, days: int) -> date:
        step = _DAY if days > 0 else -_DAY
        for _ in range(abs(days)):
            day += step
            while not self.is_workday(day):
                day += step
        return day

    def _from(self, at: datetime) -> Iterator[Worked]:
        """What is worked from a moment on: the stretch it is in, then each later one."""
        first = self.day(at) - _DAY
        for number in count():
            for worked in self._worked(first + _DAY * number):
                if worked.end > at:
                    yield worked

    def _until(self, at: datetime) -> Iterator[Worked]:
        """What was worked before a moment, the last first."""
        last = self.day(at)
        for number in count():
            for worked in reversed(self._worked(last - _DAY * number)):
                if worked.start < at:
                    yield worked

    def _worked(self, day: date) -> list[Worked]:
        """The stretches of one business day. A clock put forward may shorten one to nothing."""
        if not self.is_workday(day):
            return []
        found: list[Worked] = []
        for span in self.hours:
            start, end = span.on(day, self.zone)
            if found:
                start = max(start, found[-1].end)
            if start < end:
                found.append(Worked(day=day, start=start, end=end))
        return found


def _sorted(value: Any) -> str:
    several = isinstance(value, frozenset | tuple)
    return str([str(one) for one in sorted(value)]) if several else str(value)
