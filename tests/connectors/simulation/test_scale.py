"""The pace of simulated time."""

import pytest

from bridge.connectors.simulation.scale import Pace


def test_seconds_are_scaled() -> None:
    assert Pace(0.01).seconds(300) == pytest.approx(3.0)


@pytest.mark.parametrize(("vendor", "header"), [(5, 1), (100, 1), (250, 3)])
def test_a_header_holds_whole_seconds_and_one_at_least(vendor: float, header: int) -> None:
    assert Pace(0.01).whole_seconds(vendor) == header


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_pace_faster_than_nothing_or_slower_than_real_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        Pace(scale)
