"""A stand on each database."""

from collections.abc import Iterator

import pytest

from bridge.db import Database
from clocks import FakeClock
from outbox.stand import Stand
from outbox.unsteady import Unsteady


@pytest.fixture
def stand(database: Database, clock: FakeClock) -> Stand:
    return Stand.up(database, clock)


@pytest.fixture
def unsteady(database: Database) -> Iterator[Unsteady]:
    """The test's database, which can be away."""
    made = Unsteady.like(database)
    yield made
    made.close()
