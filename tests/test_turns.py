"""Turns: one at a time, in order, and whoever is waited for outside goes first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.turns import Turns
from patience import until


def test_turns_go_in_the_order_of_arrival_but_who_is_first_goes_before() -> None:
    turns, went = Turns(), []

    def go(name: str, *, first: bool) -> None:
        with turns.taken(first=first):
            went.append(name)

    def wait_all(count: int) -> bool:
        return until(lambda: turns.waiting == count)

    with ThreadPoolExecutor(5) as pool, turns.taken():
        for count, name in enumerate("abcde", start=1):
            pool.submit(go, name, first=name in "ce")
            assert wait_all(count)

    assert went == ["c", "e", "a", "b", "d"]


def test_no_two_are_at_work_at_once() -> None:
    turns, inside, most = Turns(), [0], [0]

    def go(number: int) -> None:
        with turns.taken(first=number % 3 == 0):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(go, range(400)))

    assert (most, turns.waiting) == ([1], 0)


def test_a_turn_that_fails_lets_the_next_one_in() -> None:
    turns = Turns()
    with pytest.raises(KeyError), turns.taken():
        raise KeyError

    with turns.taken():
        assert turns.waiting == 0


def test_a_turn_inside_a_turn_is_said_and_not_waited_for() -> None:
    turns = Turns()
    with turns.taken(), pytest.raises(RuntimeError, match="inside another"), turns.taken():
        pass

    with turns.taken():
        assert turns.waiting == 0
