"""Streets on each kind of database."""

import pytest

from bridge.db import Database
from clocks import FakeClock
from people.folk import Streets
from pipeline.town import Town


@pytest.fixture
def streets(database: Database, clock: FakeClock) -> Streets:
    return Streets.build(Town(database=database, clock=clock))
