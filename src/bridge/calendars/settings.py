"""What an operator declares under `calendars:` in `bridge.yaml`."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import model_validator as checked

from bridge.calendars import workdays
from bridge.calendars.calendar import OFFICE, Calendar
from bridge.calendars.span import DAY, Span, parse

DEFAULT = "default"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CODE = re.compile(r"[A-Z]{2}")
_SOME_YEAR = 2026

Calendars = Mapping[str, Calendar]


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a calendar's name is lower-case letters, digits and -, a letter first")
    return value


def _zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"no such time zone: {value!r}; write it as Europe/Berlin, Asia/Shanghai or UTC"
        ) from error


def _span(value: Any) -> Any:
    return value if isinstance(value, Span) else parse(str(value))


def _several(value: Any) -> Any:
    """One may stand without a list."""
    return value if isinstance(value, list | tuple) else (value,)


def _day(value: Any) -> Any:
    short = str(value).lower()[:3]
    if short not in DAYS:
        raise ValueError(f"no such day: {value!r}; write {', '.join(DAYS)}")
    return short


def _country(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError('in YAML a bare NO means false; quote it: country: "NO"')
    if not _CODE.fullmatch(str(value)):
        raise ValueError(f"a country is two letters of ISO 3166, as DE or CN; got {value!r}")
    return value


def _apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Sorted. Raises ValueError for two that overlap, over midnight too, and for no hour outside."""
    found = sorted(spans)
    ends = [span.end + DAY if span.overnight else span.end for span in found]
    starts = [span.start for span in found[1:]] + [span.start + DAY for span in found[:1]]
    for span, end, start in zip(found, ends, starts, strict=True):
        if end > start:
            raise ValueError(f"{span} overlaps another; write each hour once")
    return tuple(found)


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Hours = Annotated[
    tuple[Annotated[Span, BeforeValidator(_span)], ...],
    BeforeValidator(_several),
    AfterValidator(_apart),
]
Weekday = Annotated[str, BeforeValidator(_day)]
CalendarName = Annotated[str, AfterValidator(_name)]


class CalendarSettings(BaseModel):
    """One calendar: a country's holidays, a zone, and what differs from the country's list."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    zone: Zone
    country: Annotated[str | None, BeforeValidator(_country)] = None
    subdivision: str | None = None
    weekend: Annotated[tuple[Weekday, ...] | None, BeforeValidator(_several)] = None
    hours: Hours = Field(default=OFFICE, min_length=1)
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()
    quiet_hours: Hours = ()

    @checked(mode="after")
    def _possible(self) -> Self:
        if set(self.weekend or ()) == set(DAYS):
            raise ValueError("a week of weekends has no business day")
        if both := sorted(set(self.extra_holidays) & set(self.extra_workdays)):
            raise ValueError(f"{both[0]} is an extra holiday and an extra workday; write it once")
        if self.subdivision is not None and self.country is None:
            raise ValueError("a subdivision is one of a country; name that too")
        if sum(_length(span) for span in self.quiet_hours) >= DAY:
            raise ValueError("quiet_hours are all day: nobody would ever be told")
        self._known()
        return self

    def _known(self) -> None:
        if self.country is None:
            return
        try:
            workdays.year(self.country, self.subdivision, _SOME_YEAR)
        except NotImplementedError:
            place = " ".join(part for part in (self.country, self.subdivision) if part)
            raise ValueError(
                f"no holidays are known of {place}; write the codes of ISO 3166, as DE and BY,"
                " or leave it out and name the days in extra_holidays"
            ) from None

    def made(self) -> Calendar:
        """The calendar itself."""
        weekend = self.weekend
        return Calendar(
            zone=self.zone,
            country=self.country,
            subdivision=self.subdivision,
            weekend=None if weekend is None else frozenset(DAYS.index(day) for day in weekend),
            hours=self.hours,
            extra_holidays=frozenset(self.extra_holidays),
            extra_workdays=frozenset(self.extra_workdays),
            quiet_hours=self.quiet_hours,
        )


def calendars(declared: Mapping[str, CalendarSettings] | None = None) -> Calendars:
    """All there are, and `default`: unless declared, Monday to Friday, nine to five in UTC, no holidays."""
    made = {name: one.made() for name, one in (declared or {}).items()}
    return {DEFAULT: Calendar(), **made}


def _length(span: Span) -> int:
    return span.end - span.start + (DAY if span.overnight else 0)
