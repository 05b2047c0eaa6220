"""Which rules are active: a row in the database; the folder only proposes, once."""

from pathlib import Path

import pytest

from bridge.app import activate_folder
from bridge.db import Database
from bridge.errors import RuleError
from bridge.pipeline.world import KEPT
from bridge.rules import store
from bridge.settings import load
from clocks import FakeClock
from pipeline.town import RULES, SOURCES, Town


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("sources/s.yaml", SOURCES), ("rules/r.yaml", RULES)):
        path = tmp_path / "mappings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "mappings"


@pytest.fixture
def bare(database: Database, clock: FakeClock) -> Town:
    """A town without mappings."""
    return Town(database=database, clock=clock)


def test_a_new_folder_is_taken_at_start_and_an_old_one_is_not_taken_twice(
    bare: Town, folder: Path
) -> None:
    for _ in range(2):
        activate_folder(bare.world, load({"BRIDGE_MAPPINGS": str(folder)}))

    assert bare.act(lambda session: len(session.scalars(store.history()).all())) == 1


def test_a_folder_that_was_rolled_back_is_not_taken_again_at_start(
    bare: Town, folder: Path
) -> None:
    loaded = load({"BRIDGE_MAPPINGS": str(folder)})
    first = bare.live_by(RULES.replace("critical", "high"))
    activate_folder(bare.world, loaded)
    bare.act(lambda session: store.roll_back(session, by="ann", why="", now=bare.clock.now()))

    activate_folder(bare.world, loaded)

    assert bare.act(store.active_hash) == first


def test_a_folder_that_was_rolled_back_is_taken_when_somebody_says_so(bare: Town) -> None:
    bare.live_by(RULES.replace("critical", "high"))
    second = bare.live_by()
    bare.act(lambda session: store.roll_back(session, by="ann", why="", now=bare.clock.now()))

    bare.live_by()

    assert bare.act(store.active_hash) == second


def test_a_folder_with_a_fault_stops_a_first_start_and_leaves_a_later_one_as_it_was(
    bare: Town, folder: Path
) -> None:
    (folder / "rules" / "r.yaml").write_text(RULES.replace("feedback.created", "feedback.creatd"))
    loaded = load({"BRIDGE_MAPPINGS": str(folder)})
    with pytest.raises(RuleError, match=r"rules/r\.yaml:6:"):
        activate_folder(bare.world, loaded)
    active = bare.live_by()

    activate_folder(bare.world, loaded)

    assert bare.act(store.active_hash) == active
    assert f"has faults; {active} stays active: rules/r.yaml:6:" in bare.said.down["mappings"]


def test_every_node_decides_by_the_set_that_was_made_active_last(bare: Town) -> None:
    bare.live_by(RULES.replace('"critical"', '"low"'))
    other = bare.beside()
    bare.live_by()
    bare.case("1", Title="Typo", Severity="Low")
    bare.case("2", Title="Reboots", Severity="Critical")

    other.settle()

    assert [row["summary"] for row in bare.tracker.records.values()] == ["Reboots"]


def test_without_any_set_nothing_is_drained_and_the_remedy_is_said(bare: Town) -> None:
    told = bare.case("1", Severity="Critical")

    with pytest.raises(RuleError, match="bridge rules activate"):
        bare.intake.drain()

    assert bare.message(told).state == "pending"


def test_sets_that_nobody_asks_for_any_more_are_compiled_again_when_somebody_does(
    bare: Town,
) -> None:
    """Or a node would hold every set that ever was."""
    hashes = [bare.live_by(RULES.replace("Serious", f"Serious ({n})")) for n in range(KEPT + 1)]
    sets = bare.world.sets
    with bare.database.reading() as session:
        first, second, *_ = [sets.by_hash(session, one) for one in hashes[:KEPT]]
        again = sets.by_hash(session, hashes[0])
        sets.by_hash(session, hashes[KEPT])

        assert again is first
        assert sets.by_hash(session, hashes[0]) is first
        assert sets.by_hash(session, hashes[1]) is not second
