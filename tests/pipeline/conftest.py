"""A town on each kind of database, with the mappings of `town.RULES`."""

import pytest

from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town


@pytest.fixture
def town(database: Database, clock: FakeClock) -> Town:
    town = Town(database=database, clock=clock)
    town.live_by()
    return town


@pytest.fixture
def small_town(sqlite_database: Database, clock: FakeClock) -> Town:
    """On SQLite alone, for what no database decides."""
    town = Town(database=sqlite_database, clock=clock)
    town.live_by()
    return town
