"""An hourglass on each kind of database."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from pipeline.town import Town
from timers.hourglass import CALENDARS, Hourglass


@pytest.fixture
def glass(database: Database, clock: FakeClock) -> Hourglass:
    """Monday, 2026-11-23, 09:00 UTC. No rule is active yet."""
    return Hourglass(Town(database=database, clock=clock, calendars=CALENDARS))


@pytest.fixture
def new_town(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[[], Town]]:
    """Towns on databases of their own, for a test that begins many times."""
    made: list[Database] = []

    def make() -> Town:
        path = shutil.copy(sqlite_template, tmp_path / f"town-{len(made)}.db")
        made.append(Database(f"sqlite:///{path}"))
        return Town(database=made[-1], clock=FakeClock(), calendars=CALENDARS)

    yield make
    for database in made:
        database.close()
