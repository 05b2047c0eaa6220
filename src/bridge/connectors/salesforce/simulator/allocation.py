"""The API allocation of an org: calls of the last 24 hours against what it may make."""

from collections import deque
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator.vendor import ALLOCATION_SECONDS
from bridge.connectors.simulation.scale import Pace


class Allocation:
    """A rolling window, scaled by the pace. `most` may be set at any time."""

    def __init__(self, most: int, *, clock: Clock, pace: Pace) -> None:
        self.most = most
        self._clock = clock
        self._window = timedelta(seconds=pace.seconds(ALLOCATION_SECONDS))
        self._calls: deque[datetime] = deque()

    def take(self) -> bool:
        """Count one call. False when nothing is left: the call is refused."""
        if self.used >= self.most:
            return False
        self._calls.append(self._clock.now())
        return True

    @property
    def used(self) -> int:
        since = self._clock.now() - self._window
        while self._calls and self._calls[0] <= since:
            self._calls.popleft()
        return len(self._calls)

    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={min(self.used, self.most)}/{self.most}"

    def limits(self) -> dict[str, dict[str, int]]:
        """The part of the limits answer that integrations read."""
        left = max(0, self.most - self.used)
        return {
            "DailyApiRequests": {"Max": self.most, "Remaining": left},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DataStorageMB": {"Max": 1_024, "Remaining": 1_000},
        }
