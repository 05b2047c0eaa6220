"""How many messages a channel takes."""

import pytest

from bridge.connectors.simulation.scale import Pace
from bridge.connectors.teams.simulator.limits import RateLimit


def taken_until_refused(limit: RateLimit, *, start: float, step: float) -> tuple[int, float]:
    """How many were taken, one every `step` seconds, and the wait that was then asked."""
    now, count = start, 0
    while limit.wait(now) == 0:
        limit.take(now)
        now, count = now + step, count + 1
    return count, limit.wait(now)


@pytest.mark.parametrize(
    ("step", "most", "wait"),
    [(0.0, 4, 1), (0.4, 60, 6), (10.0, 100, 2_600), (40.0, 150, 1_200)],
)
def test_each_window_has_its_own_number(step: float, most: int, wait: float) -> None:
    limit = RateLimit(Pace(1.0))

    count, asked = taken_until_refused(limit, start=0.0, step=step)

    assert count == most
    assert asked == pytest.approx(wait)


def test_a_window_passes_at_the_simulated_pace() -> None:
    limit = RateLimit(Pace(0.01))
    taken_until_refused(limit, start=0.0, step=0.0)

    assert limit.wait(0.005) == pytest.approx(0.5)  # vendor seconds
    assert limit.wait(0.011) == 0
