"""The time that nodes share: the database's, whatever their own clocks say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.clock import ASK_SECONDS, SLOW_SECONDS, SharedClock
from bridge.db import Database
from clocks import START, FakeClock
from duties.house import House

HOUR = timedelta(hours=1)


@dataclass(kw_only=True)
class Server:
    """Tells the time it is given, after as many seconds as the next of `slow` says."""

    machine: FakeClock
    time: datetime = START
    slow: list[float] = field(default_factory=list)
    away: bool = False
    asked: int = 0

    def __call__(self) -> datetime:
        self.asked += 1
        if self.away:
            raise ConnectionError
        told = self.time
        self.machine.advance(self.slow.pop() if self.slow else 0.0)
        return told


@pytest.fixture
def machine() -> FakeClock:
    """An hour ahead of the server."""
    return FakeClock(START + HOUR)


@pytest.fixture
def server(machine: FakeClock) -> Server:
    return Server(machine=machine)


def test_it_is_the_servers_time_and_goes_on_by_monotonic_seconds(
    server: Server, machine: FakeClock
) -> None:
    clock = SharedClock(server, machine)
    at_first = clock.now()

    machine.advance(3.0)
    machine.step_back(timedelta(days=1))

    assert (at_first, clock.now()) == (START, START + timedelta(seconds=3))
    assert clock.monotonic() == machine.monotonic()


def test_the_server_is_asked_again_now_and_then_and_not_at_each_turn(
    server: Server, machine: FakeClock
) -> None:
    clock = SharedClock(server, machine)
    machine.advance(ASK_SECONDS - 1.0)
    clock.now()
    often = server.asked

    server.time = START + HOUR
    machine.advance(1.0)
    clock.now()
    clock.close()

    assert (often, server.asked) == (1, 2)
    assert clock.now() == START + HOUR


def test_what_was_told_long_ago_is_asked_again(server: Server, machine: FakeClock) -> None:
    """Frozen between the answer and the look at its own clock, a node would live in the past."""
    server.slow = [SLOW_SECONDS * 600]

    clock = SharedClock(server, machine)

    assert (clock.now(), server.asked) == (START, 2)


def test_a_server_that_is_away_stops_no_clock(server: Server, machine: FakeClock) -> None:
    clock = SharedClock(server, machine)
    server.away = True
    machine.advance(ASK_SECONDS)

    clock.now()
    clock.close()
    machine.advance(5.0)

    assert server.asked == 2
    assert clock.now() == START + timedelta(seconds=ASK_SECONDS + 5)


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    house = House(folder=tmp_path, database=database, clock=clock)
    yield house
    house.close()


def test_nodes_whose_clocks_are_a_day_apart_owe_and_take_by_one_time(house: House) -> None:
    right, wrong = FakeClock(START), FakeClock(START + 24 * HOUR)

    one, other = house.build(machine=right), house.build(machine=wrong)

    assert other.world.clock is other.worker.dispatcher.clock is other.clock
    if house.database.is_sqlite:  # one process, which goes by its machine
        assert (one.clock, other.clock) == (right, wrong)
    else:
        assert other.clock.now() - one.clock.now() < HOUR
