"""The table of goals: ratios within a round, medians over rounds, and whether they are reached."""

import pytest

from bench import cells
from bench.goals import goals, reached
from bench.table import markdown
from told import report, rounds, sent, told, write


def test_a_ratio_is_taken_within_each_round() -> None:
    ran = report(
        (cells.NAIVE, rounds(cpu_ms=[1.0, 2.0, 4.0])),
        (cells.SQLITE, rounds(cpu_ms=[2.0, 2.4, 4.0])),
    )

    found = next(one for one in reached(ran) if one.name == "CPU at saturation, × naive, SQLite")

    assert (found.found.low, found.found.median, found.found.high) == (1.0, 1.2, 2.0)
    assert (found.wanted, found.met) == ("≤ 1.3", True)


@pytest.mark.parametrize(("events", "met"), [(799.0, False), (800.0, True)])
def test_a_goal_is_reached_at_its_bound(events: float, met: bool) -> None:
    (found, *_) = reached(report((cells.SQLITE, rounds(events=[events]))))

    assert (found.name, found.met) == ("events /s, end to end, SQLite", met)


def test_what_was_not_measured_is_no_line() -> None:
    found = [one.name for one in reached(report((cells.NAIVE, rounds(cpu_ms=[1.0]))))]

    assert found == [
        f"{name}, in all cells and rounds" for name in ("lost", "doubled", "out of order")
    ]


def test_a_cell_with_fewer_events_is_the_same_cell() -> None:
    short = cells.SQLITE.model_copy(update={"events": 10})

    found = [one.name for one in reached(report((short, rounds(events=[900.0]))))]

    assert "events /s, end to end, SQLite" in found


def test_faults_of_all_cells_count_but_not_the_forwarders() -> None:
    twice = told([sent(1, 1)], [write(1, 1), write(1, 1)])
    ran = report(
        (cells.NAIVE, [twice]), (cells.SQLITE, [twice, twice]), (cells.POSTGRESQL, [twice])
    )

    doubled = next(one for one in reached(ran) if one.name.startswith("doubled"))

    assert (doubled.found.median, doubled.met) == (3, False)


def test_every_goal_is_of_cells_that_are_measured_for_it() -> None:
    there = set(cells.whole())

    assert {one.cell for one in goals()} <= there
    assert {one.beside for one in goals() if one.beside} <= there


def test_the_table_says_figure_goal_measured_and_whether_it_was_met() -> None:
    lines = markdown(report((cells.SQLITE, rounds(events=[100.0, 300.0, 200.0])))).splitlines()

    assert "| events /s, end to end, SQLite | ≥ 800 | 200 (100 to 300) | no |" in lines
    assert "| events /s, end to end | 200 (100 to 300) |" in lines
