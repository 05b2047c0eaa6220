"""Days and moments. A day is midnight UTC in our records, a moment is when it is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import override

from bridge.calendars.settings import Zone
from bridge.converters.contract import Converter, NotCarried, Place, Trip


class Date(Converter):
    """A day. An end that holds moments names the zone in whose days people there think.

    A day goes into a moment as its first, unless the moment there is of that day already.
    """

    name: ClassVar[str] = "date"

    moments: Mapping[str, Zone] = Field(
        default={},
        description="connection or system that holds moments -> time zone, such as Europe/Madrid",
    )

    @override
    def __call__(self, value: Any, trip: Trip) -> str:
        day = self._day(value, trip.at)
        zone = trip.to.said(self.moments)
        if zone is None:
            return _text(datetime.combine(day, time(), UTC))
        if trip.current and self._day(trip.current, trip.to) == day:
            return str(trip.current)
        return _text(datetime.combine(day, time(), zone))

    @override
    def normal(self, value: Any, at: Place) -> Any:
        try:
            return None if value is None else self._day(value, at).isoformat()
        except NotCarried:
            return value

    def _day(self, value: Any, at: Place) -> date:
        zone: ZoneInfo | None = at.said(self.moments)
        try:
            return _moment(value).astimezone(zone or UTC).date()
        except OverflowError:
            raise NotCarried("a day outside the calendar") from None


class Moment(Converter):
    """A time to the second, which is all that Salesforce keeps."""

    name: ClassVar[str] = "moment"

    @override
    def __call__(self, value: Any, trip: Trip) -> str:
        return _text(_moment(value).replace(microsecond=0))

    @override
    def normal(self, value: Any, at: Place) -> Any:
        try:
            return None if value is None else _text(_moment(value).replace(microsecond=0))
        except NotCarried:
            return value


def _moment(value: Any) -> datetime:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotCarried("no date or time in ISO 8601 form") from None


def _text(moment: datetime) -> str:
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise NotCarried("a day outside the calendar") from None
