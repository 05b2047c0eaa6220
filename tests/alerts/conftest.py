"""A town whose alerts are told by a route."""

import pytest

from alerts.siren import Siren
from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town


@pytest.fixture
def siren(database: Database, clock: FakeClock) -> Siren:
    return Siren(town=Town(database=database, clock=clock))


@pytest.fixture
def small_siren(sqlite_database: Database, clock: FakeClock) -> Siren:
    """On SQLite alone, for what no database decides."""
    return Siren(town=Town(database=sqlite_database, clock=clock))
