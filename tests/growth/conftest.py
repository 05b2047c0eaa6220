"""A past on each kind of database, large enough that a planner would read by an index or not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ground import Ground, ground
from bench.seed import Past, seed
from embedded.postgres import Server

PAST = Past(deliveries=20_000, backlog=2_000, each=4)
NAME = "bridge_past"


@pytest.fixture(scope="session")
def sqlite_past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("past") / "past.db"
    seed(f"sqlite:///{path}", PAST)
    return path


@pytest.fixture(scope="session")
def postgres_past(postgres_server: Server) -> str:
    seed(postgres_server.create(NAME), PAST)
    return NAME


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a copy of the past; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_past'), tmp_path / 'b.db')}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_past")
    url = server.create("bridge_aged", template=template)
    yield url
    server.drop("bridge_aged")


@pytest.fixture
def aged(place: str, tmp_path: Path) -> Iterator[Ground]:
    """A Bridge that stands still on a database with a past."""
    with ground(place, tmp_path) as found:
        yield found
