"""The whole API of a Bridge that stands still, on each kind of database, with a little in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from web.front import Front


@pytest.fixture
def front(database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[Front]:
    made = Front.open(database, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def front_on_sqlite(sqlite_database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[Front]:
    """For what has nothing to do with the database."""
    made = Front.open(sqlite_database, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def front_on_postgres(
    postgres_database: Database, tmp_path: Path, clock: FakeClock
) -> Iterator[Front]:
    """For a database that can go away under those who use it."""
    made = Front.open(postgres_database, tmp_path, clock)
    yield made
    made.close()
