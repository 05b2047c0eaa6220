"""A town with a past: on SQLite, or on each kind of database where that may matter."""

import pytest

from bridge.db import Database
from clocks import FakeClock
from dry_run.past import Past
from pipeline.town import Town


@pytest.fixture
def past(sqlite_database: Database, clock: FakeClock) -> Past:
    return Past.begun(Town(database=sqlite_database, clock=clock))


@pytest.fixture
def past_anywhere(database: Database, clock: FakeClock) -> Past:
    return Past.begun(Town(database=database, clock=clock))


@pytest.fixture
def busy(past: Past) -> Past:
    past.live()
    return past


@pytest.fixture
def busy_anywhere(past_anywhere: Past) -> Past:
    past_anywhere.live()
    return past_anywhere
