"""Linked work adds up by what its role or relation declares."""

from datetime import datetime
from typing import Any

import pytest

from bridge.ledger.rolling import USUAL, Rolling, Rollings, Rollup, rolled

DUE = "2026-12-0{}T00:00:00+00:00"
FIRST = {"status": "todo", "due": DUE.format(1)}
SECOND = {"status": "in_progress", "due": DUE.format(2)}
DONE = {"status": "done", "due": DUE.format(3)}


@pytest.mark.parametrize(
    ("rolling", "status", "due"),
    [
        (USUAL, "todo", 3),
        (Rolling(most=True), "done", 3),
        (Rolling(earliest=True), "todo", 1),
    ],
)
def test_each_sort_adds_up_by_its_own_words(rolling: Rolling, status: str, due: int) -> None:
    board = rolled((rolling, one) for one in (SECOND, FIRST, DONE))

    at = datetime.fromisoformat(DUE.format(due))
    assert board == Rollup(status=status, due=at, done=1, total=3)


def test_of_several_sorts_the_least_advanced_and_the_latest_count() -> None:
    most = Rolling(most=True, earliest=True)

    board = rolled([(most, FIRST), (most, DONE), (USUAL, SECOND)])

    assert (board.status, board.due, board.done, board.total) == (
        "in_progress",
        datetime.fromisoformat(DUE.format(2)),
        1,
        3,
    )


def test_what_does_not_count_is_left_out() -> None:
    assert rolled([(Rolling(counts=False), FIRST)]) == Rollup()


@pytest.mark.parametrize(
    ("role", "relation", "found"),
    [
        ("task", "originates", Rolling(most=True)),
        ("other", "originates", Rolling(counts=False)),
        ("other", "part_of", USUAL),
    ],
)
def test_the_word_of_a_role_counts_before_that_of_its_relation(
    role: str, relation: str, found: Any
) -> None:
    declared = {"task": Rolling(most=True), "originates": Rolling(counts=False)}

    assert Rollings(declared=declared).of(role=role, relation=relation) == found
