"""A backfill takes its share of what is left of a quota, and no more."""

import pytest

from bridge.pipeline.backfill.pacing import Quota, seconds, wait

DAY = Quota(name="calls", left=1_000, seconds=3_600.0)


@pytest.mark.parametrize(
    ("share", "calls_left", "made", "rest"),
    [
        (0.5, 500, 10, 0.0),  # it fits
        (0.5, 501, 10, 72.0),  # a fiftieth of the share, so a fiftieth of the time
        (0.5, 5_000, 500, 3_600.0),
        (0.5, 5_000, 900, 3_600.0),  # never longer than until there is more
        (1.0, 1_000, 10, 0.0),
    ],
)
def test_what_does_not_fit_is_spread_over_the_time(
    share: float, calls_left: int, made: int, rest: float
) -> None:
    assert wait([DAY], share=share, calls_left=calls_left, made=made) == pytest.approx(rest)


def test_where_nothing_is_left_it_waits_for_more() -> None:
    empty = Quota(name="calls", left=0, seconds=900.0)

    assert wait([empty, DAY], share=0.5, calls_left=1, made=1) == 900.0
    assert empty.part(5) == float("inf")


def test_without_a_quota_nothing_is_waited_for() -> None:
    assert wait([], share=0.1, calls_left=10**6, made=100) == 0.0


def test_an_estimate_is_the_longer_of_the_work_and_the_quota() -> None:
    short = seconds([DAY], share=0.5, calls=100, records=20_000)
    long = seconds([DAY], share=0.5, calls=5_000, records=20_000)

    assert short == pytest.approx(100 * 0.3 + 20_000 / 300)
    assert long == 3_600.0
