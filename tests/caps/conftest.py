"""Towns with a rule whose caps a test says."""

import pytest

from bridge.db import Database
from caps.wild_town import RULES, NewTown
from clocks import FakeClock
from pipeline.town import Town


@pytest.fixture
def small_town(sqlite_database: Database, clock: FakeClock) -> Town:
    """On SQLite alone, for what no database decides."""
    return Town(database=sqlite_database, clock=clock)


@pytest.fixture
def capped(database: Database, clock: FakeClock) -> NewTown:
    """A town on each kind of database; `caps` are those of `wild`."""

    def make(caps: str) -> Town:
        town = Town(database=database, clock=clock)
        town.live_by(RULES % caps)
        return town

    return make
