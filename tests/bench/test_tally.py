"""The benchmark's own arithmetic: what became of each update, percentiles, medians."""

import pytest

from bench.tally import fate, growth, percentile, spread
from told import CALLS, CPU, SENDING, WRITING, sent, told, write


def test_what_arrived_once_and_in_order_is_without_fault() -> None:
    sending = [sent(1, 1), sent(2, 2), sent(3, 1)]

    found = fate(sending, [write(2, 2), write(1, 1), write(3, 1)])

    assert found.model_dump() == dict.fromkeys(found.model_dump(), 0)


def test_an_acknowledged_update_that_never_arrives_is_lost() -> None:
    found = fate([sent(1, 1), sent(2, 1)], [write(1, 1)])

    assert (found.lost, found.overtaken) == (1, 0)


def test_an_update_whose_record_shows_a_newer_one_is_overtaken_and_not_lost() -> None:
    found = fate([sent(1, 1), sent(2, 1), sent(3, 2)], [write(2, 1), write(3, 2)])

    assert (found.lost, found.overtaken) == (0, 1)


def test_a_newer_update_of_another_record_excuses_nothing() -> None:
    found = fate([sent(1, 1), sent(2, 2)], [write(2, 2)])

    assert (found.lost, found.overtaken) == (1, 0)


def test_an_update_that_was_not_acknowledged_is_refused_and_not_lost() -> None:
    found = fate([sent(1, 1, status=503)], [])

    assert (found.refused, found.lost) == (1, 0)


def test_each_write_after_the_first_of_an_update_is_doubled() -> None:
    found = fate([sent(1, 1)], [write(1, 1), write(1, 1), write(1, 1)])

    assert (found.doubled, found.disordered) == (2, 0)


def test_an_older_update_after_a_newer_one_of_its_record_is_out_of_order() -> None:
    sending = [sent(number, 1) for number in (1, 2, 3)]

    found = fate(sending, [write(3, 1), write(1, 1), write(2, 1)])

    assert found.disordered == 2


def test_records_do_not_order_one_another() -> None:
    found = fate([sent(1, 1), sent(2, 2)], [write(2, 2), write(1, 1)])

    assert found.disordered == 0


def test_a_delay_ends_with_the_first_write() -> None:
    sending = [sent(1, 1, at=10.0), sent(2, 2, at=11.0)]

    found = told(sending, [write(1, 1, at=10.5), write(1, 1, at=19.0)])

    assert found.delivered_p99 == pytest.approx(500)
    assert found.called_p99 == pytest.approx(490)


def test_what_was_overtaken_is_an_event_and_what_was_lost_is_none() -> None:
    sending = [sent(1, 1), sent(2, 1), sent(3, 2), sent(4, 2)]

    found = told(sending, [write(2, 1), write(3, 2)])

    assert (found.fate.overtaken, found.fate.lost) == (1, 1)
    assert found.events == pytest.approx(3 / WRITING)


def test_what_was_used_is_told_for_each_event_that_was_sent() -> None:
    found = told([sent(1, 1), sent(2, 1, status=503)], [write(1, 1)])

    assert (found.cpu_ms, found.database_cpu_ms) == (500 * CPU, None)
    assert (found.calls, found.accepted) == (CALLS / 2, 1 / SENDING)


@pytest.mark.parametrize(
    ("peaks", "expected"), [([100.0], None), ([90, 100, 103, 110], 10.0), ([50, 50], 0.0)]
)
def test_growth_is_what_the_second_half_added(peaks: list[float], expected: float | None) -> None:
    found = growth(peaks)

    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, share) == expected


def test_a_percentile_of_a_few_values_is_not_below_its_share() -> None:
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0], 0.99) == 3.0
    assert percentile([], 0.5) == 0.0


def test_a_spread_has_the_middle_and_both_ends() -> None:
    found = spread([3.0, 1.0, 10.0])

    assert (found.median, found.low, found.high) == (3.0, 1.0, 10.0)
