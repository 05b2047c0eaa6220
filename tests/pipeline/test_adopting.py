"""The reads of an import: by the breaker's word, and with the mappings that then link."""

import pytest
from sqlalchemy import select

from bridge.errors import TransientError
from bridge.ledger import links
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow
from bridge.pipeline.adoption import store
from bridge.pipeline.adoption.ends import Bounds, bounds, ends
from bridge.pipeline.adoption.wish import PairForm, Wish
from ledger.sightings import wanted
from pipeline.town import RULES, Town


@pytest.fixture
def asked(small_town: Town) -> Town:
    """A case and an issue from before, which somebody wants linked."""
    town = small_town
    now = town.clock.now()
    town.crm.records["1"] = {"stamp": now, "Title": "Reboots"}
    town.tracker.records["7"] = {"stamp": now, "summary": "Reboots", "key": "T-7"}
    pair = PairForm(left="crm:Case:1", right="tracker:issue:7")
    wish = Wish(pairs=(pair,), role="task")
    with town.database.transaction() as session:
        role = ends(town.world.sets.active(session), wish, None, None)
        row = store.add(session, wish, principal="ann", now=now)
        store.add_pairs(session, row, [(pair.left, pair.right, role)])
    return town


@pytest.fixture
def planned(asked: Town) -> Town:
    """It was looked up, and somebody runs it."""
    asked.chores.step()
    with asked.database.transaction() as session:
        row = session.scalars(select(AdoptionRow)).one()
        row.state, row.done = "running", 0
    return asked


def adoption(town: Town) -> AdoptionRow:
    with town.database.reading() as session:
        return session.scalars(select(AdoptionRow)).one()


@pytest.mark.parametrize(
    ("role", "relation", "declared", "found"),
    [
        ("task", "originates", "", Bounds(several=False, shared=True)),
        ("free", "part_of", "", Bounds(several=True, shared=True)),
        ("twin", "mirrors", "", Bounds(several=False, shared=False)),
        ("task", "originates", "task: {cardinality: 1:n}", Bounds(several=True, shared=False)),
        ("task", "originates", "task: {cardinality: n:m}", Bounds(several=True, shared=True)),
        ("free", "part_of", "part_of: {cardinality: n:1}", Bounds(several=False, shared=True)),
        ("free", "part_of", "free: {rollup: none}", Bounds(several=True, shared=True)),
    ],
)
def test_a_record_may_have_as_many_links_as_the_mappings_declare(
    small_town: Town, role: str, relation: str, declared: str, found: Bounds
) -> None:
    small_town.live_by(RULES.replace("rules:\n", f"links: {{{declared}}}\nrules:\n"))

    with small_town.database.reading() as session:
        rules = small_town.world.sets.active(session)

    assert bounds(rules, role, relation) == found


def test_a_record_that_may_have_one_link_gets_no_second(asked: Town) -> None:
    """The same issue, named for another case."""
    declared = "links: {task: {cardinality: 1:1}}"
    asked.live_by(RULES.replace("rules:\n", f"{declared}\nrules:\n"))
    asked.crm.records["2"] = dict(asked.crm.records["1"])
    other = wanted(left_ref="crm:Case:2", right_connection="tracker")
    with asked.database.transaction() as session:
        links.adopt(session, other, right_ref="tracker:issue:7", now=asked.clock.now())

    asked.chores.step()

    with asked.database.reading() as session:
        (pair,) = session.scalars(select(AdoptionPairRow))
    assert pair.outcome == "conflict"
    assert "tracker:issue:7 is the task of crm:Case:2" in pair.reason


def test_a_record_that_was_deleted_and_is_adopted_is_there_again(asked: Town) -> None:
    """Nobody told that it was restored."""
    asked.case("1", Title="Reboots")
    asked.settle()
    asked.clock.advance(1)
    asked.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    asked.settle()
    asked.clock.advance(1)
    asked.crm.records["1"]["stamp"] = asked.clock.now()
    asked.chores.step()
    with asked.database.transaction() as session:
        row = session.scalars(select(AdoptionRow)).one()
        row.state, row.done = "running", 0

    asked.chores.step()

    assert asked.record("crm:Case:1").deleted_at is None
    assert [link.state for link in asked.links()] == ["live"]


def test_an_import_does_not_ask_a_system_that_is_not_called(asked: Town) -> None:
    asked.pause("tracker")
    asked.tracker.reads = lambda: pytest.fail("the tracker was asked")

    asked.chores.step()
    waiting = adoption(asked)

    assert (waiting.state, waiting.done) == ("reading", 0)
    assert "tracker is not called now" in waiting.problem


def test_an_import_goes_on_when_a_system_answers_again(asked: Town) -> None:
    asked.tracker.trouble = [TransientError("away", code="503")]

    asked.chores.step()
    waiting = adoption(asked)
    asked.clock.advance(60)
    asked.chores.step()
    planned = adoption(asked)

    assert (waiting.done, "away" in waiting.problem) == (0, True)
    assert (planned.state, planned.done, planned.problem) == ("planned", 1, "")


def test_what_was_read_with_a_set_is_not_linked_with_another(planned: Town) -> None:
    """The set is switched while the systems are read; the step is taken again with the new one."""
    other = RULES.replace("Serious feedback", "Grave feedback")
    switched: list[str] = []

    def switch() -> None:
        if not switched:
            switched.append(planned.live_by(other))

    planned.tracker.reads = switch

    planned.chores.step()
    between = planned.links()
    planned.chores.step()

    assert between == []
    assert [link.right_ref for link in planned.links()] == ["tracker:issue:7"]
    assert {row.rule_version for row in planned.events()} == set(switched)
