"""503s are told without a write for each, whatever the rate of requests."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from typing_extensions import override

from bridge.access.paging import Span
from bridge.alarms import store as alarms
from bridge.alarms.alarm import Alarm
from bridge.db import Database
from bridge.inbox.faults import AGAIN, Faults
from clocks import FakeClock


class AtOnce(Executor):
    """Runs what it is given, and counts it."""

    def __init__(self) -> None:
        self.ran = 0

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.ran += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def executor() -> AtOnce:
    return AtOnce()


@pytest.fixture
def faults(database: Database, clock: FakeClock, executor: AtOnce) -> Faults:
    return Faults(database, clock, executor)


@pytest.fixture
def told(database: Database) -> Callable[[], list[Alarm]]:
    def read() -> list[Alarm]:
        with database.reading() as session:
            return alarms.page(session, Span(limit=10))

    return read


def test_a_thousand_503s_are_one_alarm_and_one_write(
    faults: Faults, executor: AtOnce, told: Callable[[], list[Alarm]]
) -> None:
    for _ in range(1_000):
        faults.turned_away("jira", "no secret")

    (alarm,) = told()
    assert executor.ran == 1
    assert (alarm.key, alarm.kind, alarm.state) == ("fault:jira", "at_fault", "down")
    assert "no secret" in alarm.text


def test_another_reason_is_told_at_once(faults: Faults, told: Callable[[], list[Alarm]]) -> None:
    faults.turned_away("jira", "no secret")
    faults.turned_away("jira", "the database did not take a message")

    (alarm,) = told()
    assert "the database did not take a message" in alarm.text


def test_it_is_told_again_while_it_lasts_so_that_a_write_that_failed_is_made_up_for(
    faults: Faults, executor: AtOnce, clock: FakeClock
) -> None:
    faults.turned_away("jira", "no secret")
    clock.advance(AGAIN)
    faults.turned_away("jira", "no secret")

    assert executor.ran == 2
