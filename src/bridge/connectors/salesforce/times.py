"""Salesforce's times: `…Z` in XML, `…+0000` in JSON, one canonical text for the version of a fact."""

from datetime import UTC, datetime
from typing import Any

from bridge.errors import Malformed


def moment(value: Any) -> datetime | None:
    """A Salesforce time as aware UTC; `None` for none. Raises Malformed for any other text."""
    if value is None or value == "":
        return None
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise Malformed("a time that is not ISO 8601") from None
    try:
        return _aware(parsed).astimezone(UTC)
    except OverflowError:
        raise Malformed("a time outside the calendar") from None


def version(stamp: datetime | None) -> str:
    """The same fact has the same version, by whatever way it came."""
    return "" if stamp is None else stamp.isoformat(timespec="milliseconds")


def _aware(moment: datetime) -> datetime:
    """Salesforce keeps UTC: a time without a zone is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
