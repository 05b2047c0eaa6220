"""Times as Jira writes them, as aware UTC."""

from datetime import UTC, datetime
from typing import Any

from bridge.errors import Malformed


def moment(value: Any) -> datetime | None:
    """`2026-11-23T10:55:30.101+0100` (no colon in the offset) or epoch milliseconds, as UTC.

    None for an absent or empty value. A time without an offset is refused: nobody knows what it
    means. Raises Malformed.
    """
    match value:
        case None | "":
            return None
        case bool():
            raise Malformed(f"not a time: {value!r}")
        case int() | float():
            return _from_epoch(value)
        case str():
            return _from_text(value)
        case _:
            raise Malformed(f"not a time: {type(value).__name__}")


def text(value: datetime | None) -> str:
    """One spelling of a moment, whatever offset it came with; empty for none."""
    return "" if value is None else value.isoformat(timespec="milliseconds")


def _from_epoch(milliseconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Malformed("a timestamp is outside the calendar") from error


def _from_text(value: str) -> datetime:
    problem = f"not a time with an offset: {value[:40]!r}"
    try:
        parsed = datetime.fromisoformat(value)
        zoned = parsed.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(problem) from error
    if parsed.tzinfo is None:
        raise Malformed(problem)
    return zoned
