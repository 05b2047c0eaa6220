"""Bells: no ring is lost, and other nodes hear of what nobody here is free for."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from bridge.bell import INBOX, OUTBOX, Bells
from bridge.db import Database, ring
from patience import PATIENCE


@pytest.fixture
def called() -> list[str]:
    """What other nodes were called for."""
    return []


@pytest.fixture
def bells(called: list[str]) -> Bells:
    return Bells(called.append)


def test_a_ring_before_the_rest_ends_it_at_once(bells: Bells) -> None:
    bells.ring(OUTBOX)

    assert bells[OUTBOX].rest(PATIENCE)
    assert not bells[OUTBOX].rest(0)


def test_a_bell_wakes_its_own_loop_alone(bells: Bells) -> None:
    bells.ring(OUTBOX)

    assert not bells[INBOX].rest(0)


def test_who_rests_with_a_free_hand_takes_it_and_others_sleep_on(
    bells: Bells, called: list[str]
) -> None:
    bell = bells[OUTBOX]
    with ThreadPoolExecutor(1) as pool:
        resting = pool.submit(bell.rest, PATIENCE)
        while not bell.free:
            pass
        bells.ring(OUTBOX)

        assert resting.result()
    assert called == []


def test_others_are_called_while_the_loop_is_at_work(bells: Bells, called: list[str]) -> None:
    bells.ring(OUTBOX)

    assert called == [OUTBOX]


def test_others_are_called_while_no_hand_is_free(bells: Bells, called: list[str]) -> None:
    bell = bells[OUTBOX]
    with ThreadPoolExecutor(1) as pool:
        resting = pool.submit(bell.rest, 0.05, full=True)
        bells.ring(OUTBOX)
        resting.result()

    assert called == [OUTBOX]


def test_what_another_node_calls_is_not_passed_on(bells: Bells, called: list[str]) -> None:
    bells.hear(OUTBOX)

    assert bells[OUTBOX].rest(PATIENCE)
    assert called == []


def test_a_bell_of_a_newer_version_is_let_be(bells: Bells) -> None:
    bells.hear("archive")

    assert not bells[INBOX].rest(0)


def test_a_transaction_rings_once_and_only_when_it_is_committed(database: Database) -> None:
    rung: list[str] = []
    database.rung = rung.append

    with database.transaction() as session:
        ring(session, OUTBOX)
        ring(session, OUTBOX)
        during = list(rung)

    assert (during, rung) == ([], [OUTBOX])


def test_a_transaction_that_is_rolled_back_rings_nothing(database: Database) -> None:
    rung: list[str] = []
    database.rung = rung.append

    with suppress(KeyError), database.transaction() as session:
        ring(session, OUTBOX)
        raise KeyError

    assert rung == []
