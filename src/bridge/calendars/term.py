"""A term as people say it: `1 business day`, `4 business hours`, `2 days`, `90m`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from typing_extensions import override

from bridge.calendars.calendar import Calendar
from bridge.canonical import duration

_SPOKEN = re.compile(r"(?a)(\d{1,9})\s+(business\s+)?(minute|hour|day|week)s?", re.IGNORECASE)
_UNITS = {"minute": "m", "hour": "h", "day": "d", "week": "w"}
_HOW = "write it as 1 business day, 4 business hours, 2 days, 90m or 1d12h"
_DAYS = re.compile(r"(?a)(?:(\d+)w)?(?:(\d+)d)?")
_HOUR = 3_600
_MOST_DAYS = duration.LONGEST.days
_PATTERN = (
    r"^(\d+ +(business +)?(minute|hour|day)s?|\d+ +weeks?"
    r"|(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?)$"
)


@dataclass(frozen=True, kw_only=True)
class Term:
    """So many days by the wall clock, then so much time; of business, both count only while people work."""

    days: int = 0
    time: timedelta = timedelta(0)
    business: bool = False

    def after(self, at: datetime, calendar: Calendar) -> datetime:
        """When it has passed since a moment. Raises OverflowError at the end of all time."""
        return self._from(at, calendar, 1)

    def before(self, at: datetime, calendar: Calendar) -> datetime:
        """When it begins, to end at a moment. Raises OverflowError at the beginning of all time."""
        return self._from(at, calendar, -1)

    def _from(self, at: datetime, calendar: Calendar, sign: int) -> datetime:
        if self.business:
            moved = calendar.add_days(sign * self.days, at) if self.days else at
            return calendar.add_time(sign * self.time, moved) if self.time else moved
        wall = at.astimezone(calendar.zone) + timedelta(days=sign * self.days)
        return wall.astimezone(UTC) + sign * self.time

    @override
    def __str__(self) -> str:
        kind = "business " if self.business else ""
        seconds = int(self.time.total_seconds())
        if not seconds:
            return _counted(self.days, f"{kind}day")
        if not self.days and seconds % _HOUR == 0:
            return _counted(seconds // _HOUR, f"{kind}hour")
        if self.business:
            return _counted(seconds // 60, "business minute")
        parts = ((self.days, "d"), (seconds // _HOUR, "h"), (seconds % _HOUR // 60, "m"))
        return "".join(f"{n}{unit}" for n, unit in (*parts, (seconds % 60, "s")) if n)


def parse(text: str) -> Term:
    """A term. Raises ValueError that names the right form."""
    said = text.strip()
    match = _SPOKEN.fullmatch(said)
    if match is None:
        return _plain(said)
    count, unit = int(match[1]), match[3].lower()
    if match[2] is None:
        return _plain(f"{count}{_UNITS[unit]}")
    if unit == "week":
        raise ValueError("how long is a business week? write the days: 5 business days")
    if unit == "day":
        return _sensible(Term(days=count, business=True))
    return _sensible(Term(time=duration.parse(f"{count}{_UNITS[unit]}"), business=True))


def _plain(text: str) -> Term:
    try:
        length = duration.parse(text)
    except ValueError as error:
        raise ValueError(
            str(error) if "too long" in str(error) else f"not a term; {_HOW}"
        ) from None
    weeks, days = (int(number or 0) for number in _DAYS.match(text).groups())  # type: ignore[union-attr]
    return _sensible(Term(days=weeks * 7 + days, time=length - timedelta(days=weeks * 7 + days)))


def _sensible(term: Term) -> Term:
    if not term.days and not term.time:
        raise ValueError(f"a term is longer than nothing; {_HOW}")
    if term.days > _MOST_DAYS:
        raise ValueError("a term of more than ten years is too long")
    return term


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _term(value: Any) -> Term:
    if isinstance(value, Term):
        return value
    if not isinstance(value, str):
        raise ValueError(f"not a term; {_HOW}")
    return parse(value)


TermField = Annotated[
    Term,
    BeforeValidator(_term),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _PATTERN,
            "examples": ["1 business day", "4 business hours", "2 days", "90m"],
        }
    ),
]
"""A field of this type takes the text of a term, and is dumped as text."""
