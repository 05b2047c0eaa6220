"""The hold of a rule that went wild: what is pending is not sent, whoever comes to it, and nothing else waits."""

from collections.abc import Callable

import pytest

from bridge.errors import TransientError
from bridge.outbox import hold as holds
from bridge.outbox import ordering, store, wild
from bridge.outbox.tables import State
from outbox.stand import Stand

Hold = Callable[[], str]


@pytest.fixture
def hold(stand: Stand) -> Hold:
    """Holds what the rule `wild` asks, and lets a node notice; the hold's id."""

    def make() -> str:
        with stand.database.transaction() as session:
            made = holds.open_hold(
                session, wild.KIND, "wild", reason="too much", connection=None, rule="wild",
                now=stand.clock.now(),
            )  # fmt: skip
        stand.clock.advance(2)
        return made.id

    return make


def test_what_is_pending_is_held_when_its_turn_comes_and_the_next_rule_goes(
    stand: Stand, hold: Hold
) -> None:
    held = stand.update("a", thing="7", rule="wild")
    other = stand.update("b", thing="7")
    hold_id = hold()

    while stand.step():
        pass

    assert [one.text for one in stand.vendor.written] == ["b"]
    assert (stand.delivery(held).state, stand.delivery(held).hold_id) == (State.HELD, hold_id)
    assert stand.delivery(other).state == State.SUCCEEDED
    assert stand.attempts(held) == []


def test_it_is_in_nobodys_way_although_a_dead_one_would_be(stand: Stand, hold: Hold) -> None:
    held = stand.update("a", thing="7", rule="wild", dead_head="block")
    stand.update("b", thing="7")
    hold()

    while stand.step():
        pass

    assert stand.delivery(held).state == State.HELD
    assert [one.text for one in stand.vendor.written] == ["b"]


def test_it_does_not_go_out_in_the_call_of_another(stand: Stand, hold: Hold) -> None:
    stand.fill("7", a="1")
    held = stand.fill("7", more={"rule": "wild"}, b="2")
    stand.fill("7", c="3")
    hold()

    while stand.step():
        pass

    assert stand.vendor.fills("7") == [{"a": "1"}, {"c": "3"}]
    assert stand.delivery(held).state == State.HELD


def test_what_a_person_replays_goes(stand: Stand, hold: Hold) -> None:
    stand.update("a", thing="7", rule="wild", replay_id="rpl-1")
    hold()

    assert stand.step() == [State.SUCCEEDED]


def test_one_that_is_noticed_too_late_goes_on_when_the_hold_is_decided(
    stand: Stand, hold: Hold
) -> None:
    stand.update("a", thing="7", rule="wild")
    hold_id = hold()
    claims = stand.dispatcher.claim(10, busy={})
    with stand.database.transaction() as session:
        found = holds.one(session, hold_id)
        assert found is not None
        holds.release(session, found, by="anna", why="", now=stand.clock.now())
    for claimed in claims:
        stand.dispatcher.dispatch(claimed)
    stand.clock.advance(2)

    assert stand.step() == [State.SUCCEEDED]


def test_gathering_takes_what_was_not_begun(stand: Stand, hold: Hold) -> None:
    stand.vendor.blow(TransientError("away"))
    begun = stand.update("a", thing="1", rule="wild")
    stand.step()
    fresh = stand.update("b", thing="2", rule="wild")
    waits = stand.update("c", thing="3", rule="wild", state=State.WAITING)
    other = stand.update("d", thing="4")
    hold_id = hold()

    with stand.database.transaction() as session:
        found = holds.one(session, hold_id)
        assert found is not None
        more = wild.gather(session, found)

    rows = [stand.delivery(one) for one in (begun, fresh, waits, other)]
    assert more is None
    assert [row.state for row in rows] == ["pending", "held", "waiting", "pending"]
    assert [row.hold_id for row in rows] == [None, hold_id, hold_id, None]
    with stand.database.reading() as session:
        assert ordering.turns(session, [rows[1].ordering_key]) == {}
        assert store.open_count(session, {State.HELD}) == 1
