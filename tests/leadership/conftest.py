"""Nodes over one database, and what their jobs have written."""

import pytest

from bridge.access import audit
from bridge.access.paging import Order, Span
from bridge.db import Database
from bridge.leadership.clockwork import Clockwork
from bridge.leadership.jobs import Work
from clocks import FakeClock
from leadership.listeners import Done, Heard, Node


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def node(database: Database, clock: FakeClock, heard: Heard) -> Node:
    """A node of this name with these jobs."""

    def make(name: str, *works: Work) -> Clockwork:
        return Clockwork(
            database=database,
            clock=clock,
            node=name,
            works=works,
            told=heard.told(),
            database_time=lambda _: clock.now(),
        )

    return make


@pytest.fixture
def done(database: Database) -> Done:
    """The scheduled times that `write` has written down, oldest first."""

    def read() -> list[str]:
        with database.reading() as session:
            return [entry.target for entry in audit.page(session, Span(order=Order.OLDEST))]

    return read
