"""What a number may say is explained where people look."""

import json
from pathlib import Path

import pytest

from bridge.insight import case, due_moves, feedback_to_task, progress_to_board, seam, unmatched
from bridge.insight.book import Name
from bridge.insight.needs_person import LISTS

PAGE = (Path(__file__).parents[2] / "docs" / "numbers.md").read_text(encoding="utf-8")
WORDS = sorted(
    {
        value
        for module in (case, due_moves, feedback_to_task, progress_to_board, seam, unmatched)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    | set(progress_to_board.LEFT_OUT.values())
)
GOLDEN = Path(__file__).parent / "golden" / "stats.json"


@pytest.mark.parametrize("word", [*Name, *WORDS])
def test_a_number_and_a_reason_are_explained(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("name", [name for name in Name if name is not Name.RULE_ERRORS])
def test_no_reason_is_unexplained(name: Name) -> None:
    number = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]

    assert {*number["open"], *number["excluded"]} <= set(WORDS)


def test_every_kind_that_needs_a_person_has_a_list() -> None:
    assert set(LISTS) == {"bad_message", "dead", "hold", "rule_error"}
