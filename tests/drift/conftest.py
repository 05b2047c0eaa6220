"""A pair in a sync, and an auditor of it, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from drift.auditor import Auditor
from inbox.house import House, opened
from syncing.pair import Pair


@pytest.fixture
def auditor(database: Database, clock: FakeClock) -> Auditor:
    return begun(Pair(database=database, clock=clock))


@pytest.fixture
def small_auditor(sqlite_database: Database, clock: FakeClock) -> Auditor:
    """On SQLite alone, for what no database decides."""
    return begun(Pair(database=sqlite_database, clock=clock))


def begun(pair: Pair) -> Auditor:
    pair.begin()
    pair.clock.advance(600)
    return Auditor(pair=pair)


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """The real app with the shipped mappings; its workers stand still."""
    with opened(f"sqlite:///{tmp_path / 'bridge.db'}", tmp_path, clock) as house:
        yield house
