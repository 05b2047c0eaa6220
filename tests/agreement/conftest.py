"""Worlds on databases of their own; and quiet, for a run of them says more than anybody reads."""

import logging
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import structlog

from agreement.people import People
from agreement.wire import Line
from agreement.world import World
from bridge import schema
from bridge.db import Database
from embedded.postgres import Server

_NUMBERS = count(1)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What a log would say of bad weather is no news here."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file of the newest schema, as Bridge itself makes it: a start has nothing to do."""
    path = tmp_path_factory.mktemp("migrated") / "bridge.db"
    made = Database(f"sqlite:///{path}")
    schema.upgrade(made)
    made.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Databases of their own, of the newest schema."""

    def on_sqlite() -> str:
        migrated: Path = request.getfixturevalue("migrated")
        return f"sqlite:///{shutil.copy(migrated, tmp_path / f'{next(_NUMBERS)}.db')}"

    def on_postgresql() -> str:
        server: Server = request.getfixturevalue("postgres_server")
        template: str = request.getfixturevalue("postgres_template")
        return server.create(f"agreement_{next(_NUMBERS)}", template=template)

    return on_sqlite if request.param == "sqlite" else on_postgresql


@pytest.fixture
def new_world(line: Line, new_url: Callable[[], str], tmp_path: Path) -> Callable[[], World]:
    """Worlds, each with a folder and a database."""
    numbers = count(1)

    def new() -> World:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return World(folder=folder, url=new_url(), line=line)

    return new


@pytest.fixture
def people(new_world: Callable[[], World]) -> Iterator[People]:
    """People in a world of their own; what they did is told where a test fails."""
    made = People(world=new_world())
    yield made
    print("\n".join(made.world.story))  # noqa: T201  (pytest shows it with a failure)
    made.world.close()
