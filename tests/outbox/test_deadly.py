"""Who is blamed when a process dies: what it had begun, and in the end what kills it and nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.outbox.tables import State
from outbox.stand import Stand
from outbox.vendor import Killed, Wind

TOO_LONG = 0.2  # seconds; who waits for its turn does not come within any time


def test_what_is_looked_for_first_takes_a_hand_of_its_own(stand: Stand) -> None:
    """Else a bulk call's number of them would be in hand, and most of them not begun."""
    for number in range(7):
        stand.paint("red", str(number), find_first=True)

    claims = stand.claim(limit=4)

    assert len(claims) == 3


def test_what_was_in_a_bulk_call_of_a_dead_worker_takes_a_hand_of_its_own(stand: Stand) -> None:
    for number in range(7):
        stand.paint("red", str(number))
    in_hand = stand.claim(limit=4)
    stand.lapse()

    rescued = stand.claim(limit=4)

    assert (len(in_hand), len(rescued)) == (7, 3)


def test_what_was_given_back_shares_a_bulk_call_again(stand: Stand) -> None:
    for number in range(3):
        stand.paint("red", str(number))
    stand.dispatcher.give_back(stand.claim(limit=1))

    states = stand.bulk_step(limit=1)

    assert states == [State.SUCCEEDED] * 3


def test_only_the_killer_is_dead_and_not_what_was_in_hand_with_it(stand: Stand) -> None:
    killer = stand.update("deadly", "0")
    others = [stand.update("good", str(number)) for number in range(1, 8)]
    for _ in range(5):
        stand.vendor.blow(Killed())
        with pytest.raises(Killed):
            stand.step()
        stand.lapse()

    states = stand.step()

    assert states == [State.DEAD, *[State.SUCCEEDED] * 7]
    assert stand.delivery(killer).error_code == "kills_the_process"
    assert {stand.delivery(one).claims for one in others} == {0}


def test_what_stops_before_it_has_begun_a_suspect_does_not_count_it(stand: Stand) -> None:
    delivery = stand.update("new")
    for _ in range(2):
        stand.claim()
        stand.lapse()

    stand.dispatcher.give_back(stand.claim())

    assert stand.delivery(delivery).claims == 2


def test_suspects_go_one_at_a_time_until_the_end_is_recorded(stand: Stand) -> None:
    ids = [stand.update("new", str(number)) for number in range(2)]
    for _ in range(2):
        stand.claim()
        stand.lapse()
    first, second = stand.claim()
    over = threading.Event()
    seen: list[bool] = []

    def other() -> None:
        stand.dispatcher.dispatch(second)
        over.set()

    with ThreadPoolExecutor(1) as pool:

        def meanwhile() -> None:
            pool.submit(other)
            seen.append(over.wait(TOO_LONG))

        stand.vendor.blow(Wind(meanwhile=meanwhile))
        stand.dispatcher.dispatch(first)

    assert seen == [False]
    assert {stand.delivery(one).state for one in ids} == {State.SUCCEEDED}
