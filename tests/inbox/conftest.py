"""The house on both databases, and what is logged in it."""

import logging
import shutil
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import orjson
import pytest
import structlog

from bridge import log, schema
from bridge.db import Database
from clocks import FakeClock
from embedded.postgres import Server
from inbox.house import House, opened

SENDERS = ("httpx2", "asyncio")  # the test's own client logs in this process too


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file as `serve` leaves it at its first start."""
    path = tmp_path_factory.mktemp("migrated") / "bridge.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Server) -> str:
    """The same on PostgreSQL, to be copied."""
    database = Database(postgres_server.create("bridge_migrated"), pool_size=1)
    schema.upgrade(database)
    database.close()
    return "bridge_migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of this test's own; the test runs once on each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("migrated_file")
        return f"sqlite:///{shutil.copy(template, tmp_path / 'bridge.db')}"
    make: Callable[[str], Database] = request.getfixturevalue("new_postgres")
    database = make(request.getfixturevalue("migrated_template"))
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def house(migrated: str, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """One Bridge behind its routes."""
    with opened(migrated, tmp_path, clock) as house:
        yield house


@pytest.fixture
def said() -> Iterator[Callable[[], str]]:
    """All that Bridge has logged so far, at the level debug."""
    root, stream = logging.getLogger(), StringIO()
    handlers, level = root.handlers, root.level
    log.configure(style="json", level="debug", stream=stream)

    def lines() -> str:
        told = stream.getvalue().splitlines()
        return "\n".join(line for line in told if orjson.loads(line)["logger"] not in SENDERS)

    yield lines
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
