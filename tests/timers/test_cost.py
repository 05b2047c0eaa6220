"""What time costs: nothing where no rule asks for it, one statement where one does."""

import pytest

from bridge.pipeline.timing import keep
from timers.hourglass import Hourglass


def of_timers(statements: list[str]) -> list[str]:
    return [one.split("\n")[0].split(" (")[0] for one in statements if "timer" in one]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("other work_item.created", []),
        ("silence feedback.unanswered after: 2h", []),
        ("late work.overdue", ["INSERT INTO timer"]),
    ],
)
def test_a_date_costs_one_statement_if_a_rule_asks_for_it(
    glass: Hourglass, rule: str, asked: list[str]
) -> None:
    glass.live_by(rule)
    glass.town.issue("1", due="2026-11-25T12:00:00Z")
    glass.town.issue("2", due="2026-11-26T12:00:00Z")

    with glass.town.counting() as statements:
        glass.town.intake.drain()

    assert of_timers(statements) == asked


@pytest.mark.parametrize(
    ("then", "asked"),
    [
        ({"summary": "B"}, []),
        ({"due": "2026-11-26T12:00:00Z"}, ["INSERT INTO timer"]),
        ({"status": "done"}, ["DELETE FROM timer WHERE timer.record = ? AND timer.rule = ?"]),
    ],
)
def test_a_change_costs_nothing_unless_it_moves_the_moment(
    glass: Hourglass, then: dict[str, str], asked: list[str]
) -> None:
    glass.live_by("late work.overdue")
    glass.work("1", due="2026-11-25T12:00:00Z")
    glass.town.issue("1", **then)

    with glass.town.counting() as statements:
        glass.town.intake.drain()

    assert [one.replace("%(of_record)s::VARCHAR", "?").replace("%(of_rule)s::VARCHAR", "?")
            for one in of_timers(statements)] == asked  # fmt: skip


def test_a_look_at_what_is_not_due_is_a_few_reads(glass: Hourglass) -> None:
    glass.live_by("late work.overdue")
    glass.work("1", due="2026-11-25T12:00:00Z")

    with glass.town.counting() as statements:
        keep(glass.town.world)

    assert [one.split()[0] for one in statements] == ["SELECT"] * 4
