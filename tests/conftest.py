"""What every test may ask for: a clock, and a database of its own on SQLite and PostgreSQL."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
import structlog
from alembic import command

import compiled
import properties
from bridge.db import Database
from bridge.schema import config, metadata
from clocks import FakeClock
from embedded.memory import memory
from embedded.postgres import Server, start

TEMPLATE = "bridge_template"
# The files that take longest: `make test ARGS=--durations=50` tells.
FIRST = {"test_machine", "test_round_on_postgresql", "test_round_on_sqlite"}
FIRST |= {"test_answers", "test_migrations", "test_hostile", "test_acting", "test_clockwork"}
_numbers = count(1)

# A test's own folder lies in memory where there is room: SQLite waits for the disk at each commit.
if place := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
# What is imported here, and by the hundreds of processes that tests start, is compiled once.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# `make test` takes the short profile: the same examples each time, so that it fails only for what was
# changed. `make properties` takes the long one, which looks for new ones. No machine is too slow.
hypothesis.settings.register_profile(
    "short", max_examples=40, deadline=None, derandomize=True, suppress_health_check=properties.SLOW
)
hypothesis.settings.register_profile(
    "long",
    max_examples=600,
    deadline=None,
    derandomize=False,
    suppress_health_check=properties.SLOW,
)
hypothesis.settings.register_profile(
    "hunt",
    deadline=None,
    derandomize=False,
    database=None,
    phases=[hypothesis.Phase.generate],  # it is enough to know that something is wrong
    suppress_health_check=properties.SLOW,
)
hypothesis.settings.load_profile("short")
compiled.share()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, lest all processes wait for it at the end."""
    items.sort(key=lambda item: item.path.stem not in FIRST)


def pytest_collection_finish() -> None:
    """What is there now stays to the end: no collection of garbage need look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def plain_log() -> None:
    """Where a test configures no log, tracebacks are plain: drawn with their locals they take seconds."""
    if not structlog.is_configured():
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture
def clock() -> FakeClock:
    """Stands at 2026-11-23T09:00:00Z until a test moves it."""
    return FakeClock()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this session's own. That there is none is a failure, never a skip."""
    server = start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """The name of a database that has the schema and no connection open, so it can be copied."""
    _furnish(Database(postgres_server.create(TEMPLATE), pool_size=1))
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that has the schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _furnish(Database(f"sqlite:///{path}"))
    return path


def _furnish(template: Database) -> None:
    """What the code declares, with the word of alembic that nothing is to be done: no start migrates.

    That migrations lead to the same is what `test_migrations.py` is for.
    """
    metadata().create_all(template.engine)
    command.stamp(config(template), "head")
    template.close()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A file of this test's own, with the schema."""
    path = shutil.copy(sqlite_template, tmp_path / "bridge.db")
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def new_postgres(postgres_server: Server) -> Iterator[Callable[[str], Database]]:
    """Makes databases out of a named template, and drops them after the test."""
    made: dict[str, Database] = {}

    def make(template: str) -> Database:
        name = f"test_{next(_numbers)}"
        made[name] = Database(postgres_server.create(name, template=template), pool_size=20)
        return made[name]

    yield make
    for name, database in made.items():
        database.close()
        postgres_server.drop(name)


@pytest.fixture
def postgres_database(postgres_template: str, new_postgres: Callable[[str], Database]) -> Database:
    """A database of this test's own, with the schema."""
    return new_postgres(postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with the schema; the test runs once on each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table; the test runs once on each kind."""
    if request.param == "postgresql":
        make: Callable[[str], Database] = request.getfixturevalue("new_postgres")
        yield make("template1")
        return
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.close()
