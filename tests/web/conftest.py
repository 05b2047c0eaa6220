"""The whole API of a Bridge that stands still, on each kind of database, with a little in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from web.front import Front


@pytest.fixture
def front(empty_database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[Front]:
    made = Front.open(empty_database, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def front_on_sqlite(tmp_path: Path, clock: FakeClock) -> Iterator[Front]:
    """For what has nothing to do with the database."""
    database = Database(f"sqlite:///{tmp_path / 'front.db'}")
    made = Front.open(database, tmp_path, clock)
    yield made
    made.close()
    database.close()


@pytest.fixture
def front_on_postgres(
    new_postgres: Callable[[str], Database], tmp_path: Path, clock: FakeClock
) -> Iterator[Front]:
    """For a database that can go away under those who use it."""
    made = Front.open(new_postgres("template1"), tmp_path, clock)
    yield made
    made.close()
