"""A town on each kind of database, with the mappings of `town.RULES`."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from inbox.house import House, opened
from pipeline.town import Town


@pytest.fixture
def town(database: Database, clock: FakeClock) -> Town:
    town = Town(database=database, clock=clock)
    town.live_by()
    return town


@pytest.fixture
def small_town(sqlite_database: Database, clock: FakeClock) -> Town:
    """On SQLite alone, for what no database decides."""
    town = Town(database=sqlite_database, clock=clock)
    town.live_by()
    return town


@pytest.fixture
def new_town(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[[], Town]]:
    """Towns on databases of their own, for tests that begin many times."""
    made: list[Database] = []

    def make() -> Town:
        path = shutil.copy(sqlite_template, tmp_path / f"town-{len(made)}.db")
        made.append(Database(f"sqlite:///{path}"))
        return Town(database=made[-1], clock=FakeClock())

    yield make
    for database in made:
        database.close()


@pytest.fixture
def house(sqlite_template: Path, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """The real app with the shipped mappings; its workers stand still until a test drains."""
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'served.db')}"
    with opened(url, tmp_path, clock) as house:
        yield house
