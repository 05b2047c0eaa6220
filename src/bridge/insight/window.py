"""The time a number is asked for: `7d`, a day, or a moment with its zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bridge.canonical import duration

LONGEST = timedelta(days=400)  # as long as events are kept


@dataclass(frozen=True, kw_only=True)
class Window:
    """From `since` up to, but not including, `until`; and what was known at `until`."""

    since: datetime
    until: datetime


def window(since: str, until: str | None, *, now: datetime) -> Window:
    """Raises ValueError that says what would be right. An `until` to come is now."""
    end = min(now, moment(until, now=now)) if until else now
    start = moment(since, now=now)
    if start >= end:
        raise ValueError(f"`since` ({start:%Y-%m-%dT%H:%MZ}) must lie before `until` and now")
    if end - start > LONGEST:
        raise ValueError(f"at most {LONGEST.days} days at once; ask for several parts")
    return Window(since=start, until=end)


def moment(text: str, *, now: datetime) -> datetime:
    """`7d` is seven days ago, `2026-11-01` that day's midnight in UTC."""
    try:
        return _day(text) or _instant(text) or now - duration.parse(text)
    except ValueError:
        raise ValueError(
            f"not a time: {text[:40]!r}; write 7d or 12h for that long ago, a day such as"
            " 2026-11-01, or a moment with its zone such as 2026-11-01T12:00:00Z"
        ) from None


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    if read.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return read.astimezone(UTC)
