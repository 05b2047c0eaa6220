"""A town that has a past, on each kind of database."""

import pytest

from backfill.archive import Archive
from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town


@pytest.fixture
def archive(database: Database, clock: FakeClock) -> Archive:
    return Archive(town=Town(database=database, clock=clock))
