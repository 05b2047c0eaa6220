"""A house on each kind of database, and the outside that listens for its heart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alarms.receiver import Receiver
from bridge.db import Database
from clocks import FakeClock
from duties.house import House


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    made = House(folder=tmp_path, database=database, clock=clock)
    yield made
    made.close()


@pytest.fixture
def outside() -> Iterator[Receiver]:
    """Who expects the heartbeat."""
    made = Receiver()
    yield made
    made.close()
