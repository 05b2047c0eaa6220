"""A town that is searched, on each kind of database."""

import pytest

from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town
from polling.search import Search


@pytest.fixture
def search(database: Database, clock: FakeClock) -> Search:
    return Search(town=Town(database=database, clock=clock))
