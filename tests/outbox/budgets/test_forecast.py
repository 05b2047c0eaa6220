"""How a limit stands, and when it would run out."""

import pytest

from bridge.connectors.limits import Reading, Window
from bridge.outbox.budgets.bucket import Ask, Bucket, read, take
from bridge.outbox.budgets.forecast import Standing, standings
from outbox.budgets.nodes import HOLD, START

DAY = 86_400.0


def spend(bucket: Bucket, spends: int, *, at: float) -> None:
    """So many at once."""
    for want in [spends // 10] * 10:
        ask = Ask(node="a", want=want, spent=want)
        take(bucket, ask, reserve=0.1, now=at, hold=HOLD)


def standing(bucket: Bucket, *, at: float) -> Standing:
    return list(standings(bucket, reserve=0.1, now=at))[-1]


def test_what_is_used_and_left_is_counted_with_the_reserve() -> None:
    bucket = Bucket(windows=(Window(most=1_000, seconds=DAY),))

    spend(bucket, 100, at=START)

    found = standing(bucket, at=START)
    assert (found.used, found.left, found.reserve, found.source) == (100, 900, 100, "counted")


def test_a_slow_day_never_runs_out() -> None:
    bucket = Bucket(windows=(Window(most=1_000, seconds=DAY),))
    for minute in range(0, 120, 10):
        spend(bucket, 10, at=START + minute * 60)

    assert standing(bucket, at=START + 7_200).runs_out_at is None


def test_a_fast_hour_runs_out_within_the_day_and_says_when() -> None:
    bucket = Bucket(windows=(Window(most=1_000, seconds=DAY),))
    for minute in range(60):
        spend(bucket, 10, at=START + minute * 60)

    at = START + 3_600
    runs_out = standing(bucket, at=at).runs_out_at

    assert runs_out is not None
    assert 20 * 60 < runs_out - at < 60 * 60


def test_with_nothing_but_the_reserve_left_it_has_run_out() -> None:
    bucket = Bucket()
    read(bucket, Reading(name="daily", limit=1_000, left=90, seconds=DAY), at=START)

    found = standing(bucket, at=START)

    assert (found.left, found.source, found.runs_out_at) == (90, "vendor", START)


def test_what_others_spend_is_seen_in_the_vendors_own_numbers() -> None:
    bucket = Bucket()
    for minute in range(20):
        left = 800 - 20 * minute
        reading = Reading(name="daily", limit=1_000, left=left, seconds=DAY)
        read(bucket, reading, at=START + minute * 60)

    at = START + 19 * 60
    runs_out = standing(bucket, at=at).runs_out_at

    assert runs_out is not None
    assert runs_out - at == pytest.approx(60 * (420 - 100) / 20, rel=0.1)


def test_a_quota_that_resets_before_it_runs_out_does_not_run_out() -> None:
    bucket = Bucket()
    for minute in range(20):
        reading = Reading(
            name="points",
            limit=65_000,
            left=60_000 - 100 * minute,
            seconds=3_600,
            resets_in=1_800 - 60 * minute,
        )
        read(bucket, reading, at=START + minute * 60)

    found = standing(bucket, at=START + 19 * 60)

    assert found.resets_at == START + 1_800
    assert found.runs_out_at is None
