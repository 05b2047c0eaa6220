"""A round in which nothing went wrong, for tests to spoil: one serious case, its issue, its cards."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaos.evidence import Board, Evidence, Issue, Write
from chaos.people import Case, Done

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def done() -> Done:
    """A serious case with two new titles, one that nobody asked anything about, and an incident."""
    serious = Case(id="500A", name="Feedback 01", severity="High", edits=2)
    lesser = Case(id="500B", name="Feedback 02", severity="Low")
    return Done(cases=[serious, lesser], incidents=["ENG-2"])


@pytest.fixture
def writes() -> Callable[..., list[Write]]:
    """Numbers to writes, one a second from noon on."""

    def make(*numbers: int) -> list[Write]:
        times = [NOON + timedelta(seconds=place) for place in range(len(numbers))]
        return [Write(number=one, at=at) for one, at in zip(numbers, times, strict=True)]

    return make


@pytest.fixture
def issue(writes: Callable[..., list[Write]]) -> Issue:
    return Issue(
        key="ENG-1",
        case="Feedback 01",
        kind="Task",
        due=3,
        heard_due=3,
        column=1,
        heard_column=1,
        title=2,
        titles=writes(0, 1, 1, 2),
        made=NOON,
    )


@pytest.fixture
def board(writes: Callable[..., list[Write]]) -> Board:
    return Board(
        key="ENG-1",
        due=3,
        column=1,
        box=False,
        problem="",
        dues=writes(1, 3),
        columns=writes(0, 1),
    )


@pytest.fixture
def evidence(issue: Issue, board: Board) -> Callable[..., Evidence]:
    """With other values of the issue or of the board, or other members of the whole."""

    def make(
        of_issue: dict[str, Any] | None = None, of_board: dict[str, Any] | None = None, **more: Any
    ) -> Evidence:
        bare = Board(key="", due=0, column=0, box=False, problem="", dues=(), columns=())
        whole = Evidence(
            issues=[replace(issue, **(of_issue or {}))],
            boards={"500A": replace(board, **(of_board or {})), "500B": bare},
            heard=frozenset({"ENG-1", "ENG-2"}),
            cards=Counter({("engineering", "ENG-1"): 1, ("operations", "ENG-2"): 1}),
            doubtful=frozenset(),
        )
        return replace(whole, **more)

    return make
