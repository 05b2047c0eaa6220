"""Two systems agree in the end, whatever people do on both sides and whatever gets lost on the way."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from agreement.machine import Agreement
from agreement.wire import Line
from agreement.world import World
from bridge import schema
from bridge.db import Database

LONG = settings.get_current_profile_name() == "long"


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
def on_sqlite(line: Line, migrated: Path, tmp_path: Path) -> Callable[[], World]:
    """Worlds, each on a file of its own."""
    numbers = count(1)

    def new() -> World:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copy(migrated, folder / "bridge.db")
        return World(folder=folder, url=f"sqlite:///{folder / 'bridge.db'}", line=line)

    return new


@pytest.mark.timeout(7200)
def test_two_systems_agree_in_the_end(on_sqlite: Callable[[], World]) -> None:
    tally = Counter[str]()
    mine = {"new_world": staticmethod(on_sqlite), "tally": tally}

    run_state_machine_as_test(
        type("AgreementHere", (Agreement,), mine),
        settings=settings(
            max_examples=500 if LONG else 10,
            stateful_step_count=60 if LONG else 30,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )

    print(dict(tally))  # noqa: T201  (for docs/reliability.md; -rP shows it)
    assert tally["edits"] > tally["runs"]
