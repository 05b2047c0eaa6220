"""How many messages a channel takes (Microsoft's table for incoming webhooks), at a simulated pace."""

from collections import deque

from bridge.connectors.simulation.scale import Pace

WINDOWS = (
    (1, 4),
    (30, 60),
    (3_600, 100),
    (7_200, 150),
    (86_400, 1_800),
)  # vendor seconds, messages


class RateLimit:
    """The windows of one channel. Times are monotonic seconds; refused messages do not count."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._taken: deque[float] = deque(maxlen=max(most for _, most in WINDOWS))

    def wait(self, now: float) -> float:
        """Vendor seconds until a further message would be taken; 0 if it is taken now."""
        return max(self._wait(now, seconds, most) for seconds, most in WINDOWS)

    def take(self, now: float) -> None:
        self._taken.append(now)

    def _wait(self, now: float, seconds: int, most: int) -> float:
        if len(self._taken) < most:
            return 0.0
        passed = (now - self._taken[-most]) / self._pace.scale
        return max(0.0, seconds - passed)
