"""Writes of many pairs that go out as one call: what they write to is read in one call as well."""

import pytest

from bridge.errors import TransientError
from syncing.pair import CASE, ISSUE, Pair

NUMBERS = ("1", "2", "3")


@pytest.fixture
def pairs(pair: Pair) -> Pair:
    """Three of them, whose issues have other titles by now, as told."""
    for case, issue in (("2", "8"), ("3", "9")):
        pair.crm.edit(case, **{**CASE, "Number": case})
        pair.tracker.edit(issue, **{**ISSUE, "key": f"T-{issue}"})
        pair.hear(pair.say("crm", case), pair.say("tracker", issue))
        pair.link(case, issue)
    pair.town.settle()
    pair.clock.advance(1)
    for issue in ("7", "8", "9"):
        pair.tracker.edit(issue, summary="By engineering")
        pair.town.receive("tracker", pair.say("tracker", issue))
    pair.town.intake.drain()
    pair.forget()
    return pair


def test_many_writes_take_two_calls_and_no_later_edit_is_overwritten(pairs: Pair) -> None:
    pairs.clock.advance(1)
    pairs.crm.edit("2", Title="By support, later")  # nobody has told of it

    assert pairs.send_together() == [3]

    assert pairs.crm.reads_made == 1
    titles = [pairs.crm.records[number]["Title"] for number in NUMBERS]
    assert titles == ["By engineering", "By support, later", "By engineering"]
    assert len(pairs.crm.writes) == 2


def test_a_look_that_gets_no_answer_is_one_call_and_nothing_is_written_blindly(
    pairs: Pair,
) -> None:
    pairs.crm.trouble.append(TransientError("no answer"))

    pairs.send_together()

    assert (pairs.crm.reads_made, pairs.crm.writes) == (1, [])
    assert {row.state for row in pairs.owed()} == {"pending"}
    pairs.town.wait(60)
    assert {pairs.crm.records[number]["Title"] for number in NUMBERS} == {"By engineering"}
