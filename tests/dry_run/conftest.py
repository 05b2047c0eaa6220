"""A town with a past: on SQLite, or on each kind of database where that may matter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.db import Database
from clocks import FakeClock
from dry_run.asked import Asked
from dry_run.past import Past
from inbox.house import opened
from pipeline.town import Town


@pytest.fixture
def past(sqlite_database: Database, clock: FakeClock) -> Past:
    return Past.begun(Town(database=sqlite_database, clock=clock))


@pytest.fixture
def past_anywhere(database: Database, clock: FakeClock) -> Past:
    return Past.begun(Town(database=database, clock=clock))


@pytest.fixture
def busy(past: Past) -> Past:
    past.live()
    return past


@pytest.fixture
def busy_anywhere(past_anywhere: Past) -> Past:
    past_anywhere.live()
    return past_anywhere


@pytest.fixture
def asked(database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[Asked]:
    """On each kind of database; the process of a dry-run opens it by itself."""
    url = database.url.render_as_string(hide_password=False)
    with opened(url, tmp_path, clock) as house:
        made = Asked(house=house)
        made.live()
        yield made


@pytest.fixture
def asked_on_sqlite(sqlite_database: Database, tmp_path: Path, clock: FakeClock) -> Iterator[Asked]:
    """For what has nothing to do with the database; nothing has happened."""
    url = sqlite_database.url.render_as_string(hide_password=False)
    with opened(url, tmp_path, clock) as house:
        yield Asked(house=house)
