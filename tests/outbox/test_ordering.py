"""What shares an ordering key goes one at a time, oldest first, and is never lost sight of."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from bridge.db import Database
from bridge.errors import PermanentError, TransientError
from bridge.outbox import agreement, ordering, store
from bridge.outbox.tables import DeliveryRow, State
from clocks import FakeClock
from outbox.stand import Stand


def test_one_at_a_time_oldest_first(stand: Stand) -> None:
    ids = [stand.update(text) for text in "abc"]

    first = stand.claim()
    meanwhile = stand.claim()
    stand.dispatcher.dispatch(first[0])
    stand.step()
    stand.step()

    assert [one.delivery.id for one in first] == ids[:1]
    assert meanwhile == []
    assert stand.vendor.texts("7") == ["a", "b", "c"]


def test_one_stuck_record_does_not_delay_another(stand: Stand) -> None:
    stand.update("a", thing="1")
    stand.update("b", thing="2")
    stand.vendor.shut["1"] = TransientError("busy")

    stand.step()

    assert stand.vendor.texts("2") == ["b"]


def test_a_retry_holds_up_what_is_behind_it(stand: Stand) -> None:
    stand.update("a")
    stand.vendor.blow(TransientError("busy", retry_after=60.0))
    stand.step()
    stand.update("b")

    at_once = stand.step()
    later = [stand.later(), stand.step()]

    assert at_once == []
    assert later == [[State.SUCCEEDED]] * 2
    assert stand.vendor.texts("7") == ["a", "b"]


def test_a_dead_head_lets_the_next_pass(stand: Stand) -> None:
    stand.update("a")
    stand.update("b")
    stand.vendor.blow(PermanentError("no"))

    ends = [stand.step(), stand.step()]

    assert ends == [[State.DEAD], [State.SUCCEEDED]]


def test_a_dead_head_blocks_where_its_rule_says_so(stand: Stand) -> None:
    dead = stand.update("a", dead_head="block")
    blocked = stand.update("b")
    stand.vendor.blow(PermanentError("no"))
    stand.step()

    at_once = stand.step()
    with stand.database.transaction() as session:
        wrong = agreement.disagreeing(session)
        (row,) = store.locked(session, [stand.delivery(dead)])
        row.state = State.CANCELLED
        ordering.resettle(session, [row.ordering_key])

    assert at_once == []
    assert wrong == []
    assert stand.step() == [State.SUCCEEDED]
    assert stand.delivery(blocked).state == State.SUCCEEDED


def test_urgent_keys_go_first(stand: Stand) -> None:
    stand.update("slow", thing="1")
    stand.clock.advance(1)
    urgent = stand.update("fast", thing="2", urgent=True)

    (first,) = stand.claim(1)

    assert first.delivery.id == urgent


def test_an_urgent_one_hurries_what_is_before_it(stand: Stand) -> None:
    stand.update("other", thing="1")
    stand.clock.advance(1)
    ahead = stand.update("ahead", thing="2")
    stand.update("fast", thing="2", urgent=True)
    stand.update("behind", thing="2")

    (first,) = stand.claim(1)
    stand.dispatcher.dispatch(first)

    assert first.delivery.id == ahead
    assert stand.key(ahead).urgent
    assert stand.claim(1)[0].delivery.action == "shop.update"
    assert stand.key(ahead).leased_by == "here"


def test_what_was_begun_is_ended_before_an_older_one_that_came_back(stand: Stand) -> None:
    older = stand.update("older", state=State.HELD)
    stand.update("newer")
    (begun,) = stand.claim()
    with stand.database.transaction() as session:
        (row,) = store.locked(session, [stand.delivery(older)])
        row.state = State.PENDING
        ordering.call_up(session, [row])

    stand.lapse()
    (rescued,) = stand.claim()

    assert rescued.delivery.id == begun.delivery.id
    assert rescued.rescued


@pytest.mark.parametrize(("force", "end"), [(False, State.SUPERSEDED), (True, State.SUCCEEDED)])
def test_a_replay_behind_one_that_was_under_way_does_not_go_backwards(
    stand: Stand, *, force: bool, end: State
) -> None:
    older = stand.update("older", state=State.CANCELLED)
    stand.update("newer")
    (begun,) = stand.claim()
    stand.replay(older, force=force)

    ends = [stand.dispatcher.dispatch(begun), *stand.step()]

    assert ends == [State.SUCCEEDED, end]


def test_leases_are_free_again_when_the_only_process_starts(stand: Stand) -> None:
    stand.update("a")
    stand.claim()

    with stand.database.transaction() as session:
        ordering.free_leases(session)
    (again,) = stand.claim()

    assert again.rescued


def test_the_oldest_due_is_told_by_connection(stand: Stand) -> None:
    start = stand.clock.now()
    stand.update("a", thing="1")
    stand.update("b", thing="2", not_before=start + timedelta(hours=1))
    stand.update("c", connection="club", not_before=start + timedelta(hours=2))

    with stand.database.reading() as session:
        oldest = ordering.oldest_due(session)

    assert oldest == {"shop": start, "club": start + timedelta(hours=2)}


def test_a_key_keeps_sight_of_what_is_owed_while_its_head_ends(
    postgres_database: Database, clock: FakeClock
) -> None:
    """The one is in its transaction, the other begins: whichever commits first, none is forgotten."""
    stand = Stand.up(postgres_database, clock)
    stand.update("first")
    (claimed,) = stand.claim()
    owed, go_on = threading.Event(), threading.Event()

    def owe() -> None:
        with stand.database.transaction() as session:
            row = stand.row("shop.update", {"thing": "7", "text": "second"})
            store.owe(session, [row])
            owed.set()
            go_on.wait(60)

    with ThreadPoolExecutor(2) as pool:
        owing = pool.submit(owe)
        owed.wait(60)
        ending = pool.submit(stand.dispatcher.dispatch, claimed)
        go_on.set()
        owing.result(60)
        ending.result(60)

    assert stand.step() == [State.SUCCEEDED]
    assert stand.vendor.texts("7") == ["first", "second"]


def test_many_hands_on_few_keys_lose_and_double_nothing(
    postgres_database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(postgres_database, clock)
    rows = [
        stand.row("shop.update", {"thing": str(number % 3), "text": str(number)})
        for number in range(60)
    ]

    def owe(row: DeliveryRow) -> None:
        with stand.database.transaction() as session:
            store.owe(session, [row])

    def work(_: int) -> None:
        for _round in range(60):
            stand.step()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(owe, rows[:30]))
        hands = [pool.submit(work, number) for number in range(4)]
        list(pool.map(owe, rows[30:]))
        for hand in hands:
            hand.result(60)
    while stand.step():
        pass

    assert sorted(int(one.text) for one in stand.vendor.written) == list(range(60))
    assert {row.state for row in stand.all()} == {"succeeded"}
    assert all(row.claims == 0 for row in stand.all())


@pytest.mark.parametrize(
    "read", [ordering.turns, partial(ordering.members, depth=5)], ids=["heads", "followers"]
)
def test_turns_are_read_by_their_index(stand: Stand, read: Callable[..., object]) -> None:
    """However long the history of a key is, what is over is not read."""
    statements: list[tuple[str, Any]] = []

    def remember(*call: Any) -> None:
        statements.append((call[2], call[3]))

    event.listen(stand.database.engine, "before_cursor_execute", remember)
    with stand.database.reading() as session:
        if not stand.database.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # the table is empty here
        read(session, ["shop|1", "shop|2"])
        query, values = statements[-1]
        prefix = "EXPLAIN QUERY PLAN " if stand.database.is_sqlite else "EXPLAIN "
        plan = str(session.connection().exec_driver_sql(prefix + query, values).all())

    assert "ix_delivery_queue" in plan
    assert "SCAN delivery" not in plan
    assert "Seq Scan on" not in plan
    assert "SCAN event" not in plan
