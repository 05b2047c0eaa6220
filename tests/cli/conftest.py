"""One house for the tests that look, and a new one for each test that changes what others see."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.house import House


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
