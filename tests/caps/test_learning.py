"""Caps that would fit, learnt from hours in which a rule wrote."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.canonical.caps import NONE, Caps
from bridge.pipeline.caps.learning import Hour, Learnt, better
from clocks import START


@pytest.fixture
def learnt() -> Learnt:
    """A hundred hours, of which one was busy."""
    usual: dict[str, Any] = {"writes": 40, "known": 10, "overwritten": 2, "most": 3}
    hours = [Hour(since=START + timedelta(hours=number), **usual) for number in range(99)]
    busy = Hour(since=START + timedelta(hours=99), writes=320, known=60, overwritten=15, most=7)
    return Learnt(hours=[*hours, busy])


def test_there_is_room_above_all_that_was(learnt: Learnt) -> None:
    found = learnt.proposal(START + timedelta(days=10))

    assert (learnt.most, learnt.p99, learnt.most_at_record, learnt.share) == (320, 40, 7, 0.25)
    assert found == Caps(writes_per_hour=750, per_record=15, overwrites=0.35)


def test_a_rule_that_hardly_writes_is_left_some_room() -> None:
    hour = Hour(since=START, writes=1, known=0, overwritten=0, most=1)

    found = Learnt(hours=[hour]).proposal(START + timedelta(days=3))

    assert found == Caps(writes_per_hour=100, per_record=10)


def test_a_rule_that_overwrites_by_nature_gets_no_share() -> None:
    hour = Hour(since=START, writes=300, known=300, overwritten=290, most=1)

    found = Learnt(hours=[hour]).proposal(START + timedelta(days=3))

    assert found is not None
    assert found.overwrites is None


@pytest.mark.parametrize(
    "hours", [[], [Hour(since=START, writes=9, known=0, overwritten=0, most=1)]]
)
def test_of_too_little_history_nothing_is_learnt(hours: list[Hour]) -> None:
    assert Learnt(hours=hours).proposal(START + timedelta(days=2)) is None


def test_what_is_not_proposed_stays_and_so_does_none() -> None:
    now = Caps(writes_per_hour=NONE, per_record=5, overwrites=0.5)

    found = better(now, Caps(writes_per_hour=100, per_record=20))

    assert found == now.model_copy(update={"per_record": 20})
