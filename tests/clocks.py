"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """Both hands of a `bridge.clock.Clock` move together, and only by `advance`."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        """Aware UTC."""
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a timedelta or by seconds; the new time."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError("time does not run backwards")
        self._now += step
        self._monotonic += step.total_seconds()
        return self._now

    def step_back(self, by: timedelta) -> None:
        """The wall's hand alone is set back, as by a wrong time server."""
        self._now -= by
