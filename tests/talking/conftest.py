"""One hall for all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agreement.wire import Line
from bridge.demo.stage import Stage
from embedded.postgres import Server
from talking.forum import Forum, forum
from talking.town_hall import Hall, Linked, mappings


@pytest.fixture(scope="module")
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    """On SQLite, unless a test asks for both."""
    server: Server | None = None
    database = ""
    if getattr(request, "param", "sqlite") == "postgresql":
        server = request.getfixturevalue("postgres_server")
        database = server.create("hall", template="template1")
    folder = mappings(tmp_path_factory.mktemp("mappings"))
    stage = Stage.up(folder, seed=5, database=database)
    yield Hall(stage=stage)
    stage.close()
    if server is not None:
        server.drop("hall")


@pytest.fixture
def linked(hall: Hall) -> Linked:
    return hall.linked()


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.fixture
def all_seeing(tmp_path: Path, line: Line) -> Iterator[Forum]:
    """Copies are for customers, and so is what a Data Center does not mark."""
    with forum(tmp_path, f"sqlite:///{tmp_path / 'bridge.db'}", line) as made:
        yield made
