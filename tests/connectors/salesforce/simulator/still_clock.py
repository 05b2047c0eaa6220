"""A clock that stands still until it is pushed."""

from datetime import UTC, datetime, timedelta


class StillClock:
    """Wall time and monotonic time move together, by `pass_`."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 9, 55, 12, tzinfo=UTC)) -> None:
        self._start = start
        self._now = start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def pass_(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
