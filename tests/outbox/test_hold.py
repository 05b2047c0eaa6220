"""What waits for a person: observed, then let go or dropped."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bridge.outbox import hold, store
from bridge.outbox.tables import HoldRow, State
from outbox.stand import Stand
from outbox.vendor import Update


@pytest.fixture
def held(stand: Stand) -> str:
    """An open hold of a connection that is only observed; its id."""
    with stand.database.transaction() as session:
        return _open(session, stand).id


def _open(session: Session, stand: Stand) -> HoldRow:
    return hold.open_hold(
        session,
        "observe",
        "connection shop",
        reason="connection shop is in mode observe",
        connection="shop",
        rule=None,
        now=stand.clock.now(),
    )


def test_there_is_one_open_hold_about_one_thing(stand: Stand, held: str) -> None:
    with stand.database.transaction() as session:
        assert _open(session, stand).id == held


def test_what_is_held_is_not_sent(stand: Stand, held: str) -> None:
    stand.update("a", state=State.HELD, hold_id=held)

    assert stand.step() == []


def test_a_release_lets_them_go_in_order(stand: Stand, held: str) -> None:
    for text in "ab":
        stand.update(text, state=State.HELD, hold_id=held)

    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        count = hold.release(session, row, by="anna", why="fine", now=stand.clock.now())
    stand.step()
    stand.step()

    assert count == 2
    assert stand.vendor.texts("7") == ["a", "b"]
    assert (row.state, row.decisions[0]["by"], row.decisions[0]["what"]) == (
        "released",
        "anna",
        "released",
    )


def test_a_release_does_not_set_a_record_back(stand: Stand, held: str) -> None:
    old = stand.update("old", state=State.HELD, hold_id=held)
    newer = stand.update("new")
    stand.step()

    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        count = hold.release(session, row, by="anna", why="", now=stand.clock.now())

    ends = stand.step()

    after = stand.delivery(old)
    assert (count, ends) == (1, [State.SUPERSEDED])
    assert (after.superseded_by, after.reason) == (newer, f"{newer} has written newer state since")
    assert stand.vendor.texts("7") == ["new"]


def test_what_still_waits_for_a_link_is_released_with_the_rest(stand: Stand, held: str) -> None:
    """Else it would be held by a hold that nobody can decide any more."""
    waiting = stand.update("a", state=State.WAITING, hold_id=held)

    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        hold.release(session, row, by="anna", why="", now=stand.clock.now())

    after = stand.delivery(waiting)
    assert (after.state, after.hold_id) == (State.WAITING, None)


def test_a_discard_drops_them(stand: Stand, held: str) -> None:
    ids = [
        stand.update("a", state=State.HELD, hold_id=held),
        stand.update("b", state=State.WAITING, hold_id=held),
    ]

    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        gone = hold.discard(session, row, by="anna", why="a test", now=stand.clock.now())

    assert [one.id for one in gone] == ids
    assert {stand.delivery(one).state for one in ids} == {"cancelled"}
    assert {stand.delivery(one).reason for one in ids} == {"discarded by anna: a test"}
    assert stand.step() == []
    assert row.state == "discarded"


@pytest.fixture
def many(stand: Stand, held: str) -> list[str]:
    """More deliveries than one transaction takes, the first of one record, all held; their ids."""
    rows = [
        stand.row(
            Update.kind,
            {"thing": str(number // 2), "text": str(number)},
            state=State.HELD,
            hold_id=held,
        )
        for number in range(2 * hold.CHUNK + 1)
    ]
    with stand.database.transaction() as session:
        return [row.id for row in store.owe(session, rows)]


@pytest.mark.parametrize(
    ("decide", "then"),
    [(hold.release, State.PENDING), (hold.discard, State.CANCELLED)],
    ids=["release", "discard"],
)
def test_of_many_the_first_go_at_once_and_any_node_carries_on_in_their_order(
    stand: Stand, held: str, many: list[str], decide: Callable[..., Any], then: State
) -> None:
    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        decide(session, row, by="anna", why="fine", now=stand.clock.now())
    gone, left = [[one.state for one in stand.all()].count(then)], [row.doing != ""]

    while left[-1]:
        with stand.database.transaction() as session:
            assert hold.under_way(session) == [held]
            again = hold.one(session, held)
            assert again is not None
            hold.carry_out(session, again, now=stand.clock.now())
            left.append(again.doing != "")
        states = [one.state for one in stand.all()]
        gone.append(states.count(then))
        assert states[: gone[-1]] == [then] * gone[-1]

    assert gone == [hold.CHUNK, 2 * hold.CHUNK, len(many)]
    with stand.database.reading() as session:
        assert hold.under_way(session) == []


def test_a_release_says_how_many_go_in_all(stand: Stand, held: str, many: list[str]) -> None:
    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        count = hold.release(session, row, by="anna", why="", now=stand.clock.now())

    assert count == len(many)


def test_two_nodes_open_one_hold_between_them(stand: Stand) -> None:
    both = threading.Barrier(2)

    def node() -> str:
        both.wait(timeout=60)
        with stand.database.transaction() as session:
            return _open(session, stand).id

    with ThreadPoolExecutor(2) as pool:
        ids = [running.result(timeout=60) for running in [pool.submit(node) for _ in range(2)]]

    assert ids[0] == ids[1]


def test_the_database_itself_refuses_a_second_open_hold_about_one_thing(
    stand: Stand, held: str
) -> None:
    second = HoldRow(
        id="hld_2",
        kind="observe",
        about="connection shop",
        decisions=[],
        created_at=stand.clock.now(),
    )

    with pytest.raises(IntegrityError), stand.database.transaction() as session:
        session.add(second)


def test_a_hold_that_was_decided_makes_room_for_a_new_one(stand: Stand, held: str) -> None:
    with stand.database.transaction() as session:
        row = hold.one(session, held)
        assert row is not None
        hold.release(session, row, by="anna", why="", now=stand.clock.now())

    with stand.database.transaction() as session:
        assert _open(session, stand).id != held


def test_nobody_decides_a_hold_while_something_is_put_into_it(stand: Stand, held: str) -> None:
    """Else what is put in meanwhile is held by what nobody can decide any more."""
    query = select(HoldRow).where(HoldRow.id == held).with_for_update(skip_locked=True)

    with stand.database.transaction() as session:
        _open(session, stand)
        with stand.database.reading() as other:
            free = other.scalars(query).all()

    assert free == [] or stand.database.is_sqlite  # which lets one writer in at a time
