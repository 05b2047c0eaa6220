"""One house for the tests that look, and a new one for each test that changes what others see."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cli.house import House
from embedded.ports import own_port


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For looking only."""
    made = House.up(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    """For acting."""
    made = House.up(tmp_path)
    yield made
    made.close()


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """A Bridge without connections and without mappings, on SQLite."""
    (tmp_path / "mappings").mkdir()
    return {
        **os.environ,
        "BRIDGE_DATABASE_URL": f"sqlite:///{tmp_path / 'bridge.db'}",
        "BRIDGE_MAPPINGS": str(tmp_path / "mappings"),
        "BRIDGE_PORT": str(own_port()),
        "BRIDGE_LOG_FORMAT": "json",
    }
