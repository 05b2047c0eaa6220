"""How many different things there were: exact while they are few, close when they are many."""

import pytest

from bridge.pipeline.dry_run.distinct import Distinct


def test_few_are_counted_exactly_and_each_once() -> None:
    seen = Distinct()

    for number in range(10_000):
        seen.add(f"jira:issue:{number % 5_000}")

    assert (seen.count(), seen.is_exact) == (5_000, True)


def test_many_are_estimated_in_memory_that_does_not_grow() -> None:
    seen = Distinct(most=1_000)

    for number in range(100_000):
        seen.add(f"jira:issue:{number}")

    assert not seen.is_exact
    assert len(seen._kept) < 2_000
    assert seen.count() == pytest.approx(100_000, rel=0.15)  # five deviations of this size
