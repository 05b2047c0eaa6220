"""One estate for all tests here, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import logs
from adoption.estate import Estate
from bridge.demo.stage import Stage
from embedded.postgres import Server

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def estate(request: pytest.FixtureRequest) -> Iterator[Estate]:
    server: Server | None = None
    database = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        database = server.create("estate", template="template1")
    with logs.captured():  # else the server's lines would stand among those of the commands
        stage = Stage.up(MAPPINGS, seed=5, database=database)
        stage.jira.set_index_lag(0)
        yield Estate(stage=stage)
        stage.close()
    if server is not None:
        server.drop("estate")
