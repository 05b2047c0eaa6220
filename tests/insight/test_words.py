"""The numbers in words for a terminal."""

import pytest

from bridge.insight.words import counts, says


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, "0.0s"), (1.25, "1.2s"), (59.94, "59.9s"), (3_725.4, "1h2m5s")]
)
def test_a_length_is_said_as_people_say_it(seconds: float, expected: str) -> None:
    number = {"median": {"seconds": seconds, "event": "e"}, "p85": None}

    assert says("feedback_to_task", number) == f"median {expected}, p85 –"


def test_moves_are_said_with_their_sign() -> None:
    number = {
        "later": 3,
        "earlier": 1,
        "median": {"days": 2.0, "event": "e"},
        "largest": {"days": -30.5, "event": "e"},
    }

    assert says("due_moves", number) == "3 later, 1 earlier, median +2d, largest -30.5d"
    assert says("due_moves", {"median": None, "largest": None}) == "–"


def test_what_there_is_none_of_is_not_named() -> None:
    assert counts({"dead": 2, "hold": 0, "bad_message": 1}) == "2 dead, 1 bad_message"
    assert says("needs_person", {"by_kind": {"dead": 0}}) == "nobody"
