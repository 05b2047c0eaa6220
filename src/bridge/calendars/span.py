"""A part of a day by the wall clock: `09:00-17:30`, or over midnight `22:00-07:00`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from typing_extensions import override

DAY = 24 * 60
_FORM = re.compile(r"(?a)(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, order=True)
class Span:
    """Minutes since midnight. `end` is not part of it; one that is not after `start` is the next day's."""

    start: int
    end: int

    @property
    def overnight(self) -> bool:
        return self.end <= self.start

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins and ends, in UTC.

        Of a wall time that is shown twice it begins with the first and ends with the last. One that
        is skipped counts when it would have been, as for a schedule.
        """
        last = day + timedelta(days=1) if self.overnight else day
        return moment(day, self.start, zone), moment(last, self.end, zone, last=True)

    @override
    def __str__(self) -> str:
        return f"{_said(self.start)}-{_said(self.end)}"


def parse(text: str) -> Span:
    """`09:00-17:30` as a span. Raises ValueError that names the right form."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a part of a day: {text!r}; write it as 09:00-17:30")
    hour, minute, last_hour, last_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or start >= DAY or end > DAY:
        raise ValueError(f"no such time of day in {text!r}; a day is 00:00-24:00")
    if start == end:
        raise ValueError(f"{text!r} is no time at all; a whole day is 00:00-24:00")
    return Span(start, end)


def moment(day: date, minute: int, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """A wall time in UTC; `last`: of two showings the second."""
    days, minute = divmod(minute, DAY)
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)), tzinfo=zone)
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    return max(first, second) if last else first


def _said(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
