"""Worlds on databases of their own; and quiet, for a run of them says more than anybody reads."""

import logging
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import structlog

from agreement.wire import Line
from agreement.world import World
from bridge import schema
from bridge.db import Database


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


@pytest.fixture
def new_world(line: Line, migrated: Path, tmp_path: Path) -> Callable[[], World]:
    """Worlds, each on a file of its own."""
    numbers = count(1)

    def new() -> World:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copy(migrated, folder / "bridge.db")
        return World(folder=folder, url=f"sqlite:///{folder / 'bridge.db'}", line=line)

    return new
