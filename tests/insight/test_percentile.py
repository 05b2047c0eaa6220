"""Percentiles by nearest rank: an answer is always one of the cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.insight.percentile import percentile

VALUES = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=60)
PERCENTS = st.integers(1, 100)


@given(VALUES, PERCENTS)
def test_it_is_a_case_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(values, percent, by=float)

    assert found in values
    assert found is not None
    at_most = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert at_most * 100 >= percent * len(values)
    assert below * 100 < percent * len(values)


@given(VALUES, PERCENTS, PERCENTS)
def test_a_higher_percentile_is_never_smaller(values: list[int], one: int, other: int) -> None:
    low, high = sorted((one, other))
    smaller, larger = (percentile(values, percent, by=float) for percent in (low, high))

    assert smaller is not None
    assert larger is not None
    assert smaller <= larger


@given(VALUES.flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))), PERCENTS)
def test_the_order_of_the_cases_does_not_matter(
    orders: tuple[list[int], list[int]], percent: int
) -> None:
    one, other = orders

    assert percentile(one, percent, by=float) == percentile(other, percent, by=float)


def test_of_nothing_there_is_none() -> None:
    assert percentile([], 50, by=float) is None


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([1, 2, 3, 4], 50, 2), ([5, 1, 3], 50, 3), (list(range(1, 21)), 85, 17), ([7], 95, 7)],
)
def test_examples(values: list[int], percent: int, expected: int) -> None:
    assert percentile(values, percent, by=float) == expected


@pytest.mark.parametrize("percent", [0, 101, -5])
def test_a_percentile_is_one_to_a_hundred(percent: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        percentile([1], percent, by=float)
