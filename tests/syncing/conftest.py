"""A pair on each kind of database."""

import pytest

from bridge.db import Database
from clocks import FakeClock
from syncing.pair import Pair


@pytest.fixture
def pair(database: Database, clock: FakeClock) -> Pair:
    made = Pair(database=database, clock=clock)
    made.begin()
    return made


@pytest.fixture
def new_pair(database: Database, clock: FakeClock) -> Pair:
    """Before the two records are there."""
    return Pair(database=database, clock=clock)
