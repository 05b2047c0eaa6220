"""A person goes across a sync once it is known who they are there; until then nobody is put in their place."""

from dataclasses import replace

import pytest

from bridge.connectors.roster import Account
from bridge.db import Database
from bridge.pipeline.people.work import LookUps
from clocks import FakeClock
from people.folk import Folk
from pipeline.vendors import SYSTEMS
from syncing.pair import CASE, ISSUE, SOURCES, Pair
from syncing.vendors import connector

SYNC = """
version: 1
syncs:
  - id: pair
    description: A case is its issue's engineer's.
    between: [cases, issues]
    fields:
      - {crm: owner, tracker: assignee, owner: latest, as: user}
      - {crm: title, tracker: title, owner: latest}
"""
PEOPLE_SOURCES = SOURCES.replace(
    "product: Product\n", "product: Product\n      owner: {id: Owner}\n"
).replace("labels: labels,", "labels: labels, assignee: {id: who},")
PEOPLE = """
version: 1
people: [{name: Dana, department: engineering, identities: {tracker: dana-1, crm: 005Dana}}]
"""
ADDRESS = "dana@example.com"


@pytest.fixture
def folk() -> Folk:
    return Folk(accounts={"tracker": [Account(id="dana-1", email=ADDRESS)]})


@pytest.fixture
def pair(database: Database, clock: FakeClock, folk: Folk) -> Pair:
    made = Pair(database=database, clock=clock, sync=SYNC, sources=PEOPLE_SOURCES)
    made.town.connectors = {
        name: replace(connector(name), roster=folk.roster(name)) for name in SYSTEMS
    }
    made.town.forget_compiled()
    made.live_by(SYNC)
    made.begin(case={"Owner": None}, issue={"who": None})
    return made


def look_up(pair: Pair) -> None:
    ups = LookUps(world=pair.town.world, pulse=pair.town.dispatcher.pulse)
    while ups.step():
        pass
    pair.town.settle()


def test_people_yaml_says_who_somebody_is_at_the_other_end(pair: Pair) -> None:
    pair.live_by(SYNC, people=PEOPLE)

    pair.change("tracker", who="dana-1")
    assert pair.case("Owner") == "005Dana"

    pair.change("crm", Owner=None)
    assert pair.issue("who") is None


def test_who_is_not_known_leaves_the_field_alone_and_the_others_go_across(pair: Pair) -> None:
    pair.change("crm", Owner="005Kept")
    pair.forget()

    pair.change("tracker", who="dana-1", summary="Reboots twice")

    assert (pair.case("Owner"), pair.case("Title")) == ("005Kept", "Reboots twice")
    assert pair.tracker.writes == []


def test_who_is_found_by_an_address_is_written_without_another_event(
    pair: Pair, folk: Folk
) -> None:
    folk.accounts["crm"] = [Account(id="005Dana", email=ADDRESS)]
    pair.change("tracker", who="dana-1")
    assert pair.case("Owner") is None

    look_up(pair)
    pair.quiet()

    assert pair.case("Owner") == "005Dana"
    assert pair.crm.writes == [{"Owner": "005Dana"}]
    assert pair.tracker.writes == []


@pytest.fixture
def two(pair: Pair) -> Pair:
    """Another case with its issue; both issues are given to somebody whom nobody knows at the CRM."""
    pair.crm.edit("2", **{**CASE, "Owner": None})
    pair.tracker.edit("8", **{**ISSUE, "who": None})
    pair.hear(pair.say("crm", "2"), pair.say("tracker", "8"))
    pair.link("2", "8")
    pair.change("tracker", who="dana-1")
    pair.clock.advance(1)
    pair.tracker.edit("8", who="dana-1")
    pair.hear(pair.say("crm", "2"), pair.say("tracker", "8"))
    return pair


def test_every_record_that_waited_for_somebody_is_written_when_they_are_found(
    two: Pair, folk: Folk
) -> None:
    assert [two.crm.records[one].get("Owner") for one in ("1", "2")] == [None, None]
    folk.accounts["crm"] = [Account(id="005Dana", email=ADDRESS)]

    look_up(two)

    assert [two.crm.records[one]["Owner"] for one in ("1", "2")] == ["005Dana", "005Dana"]


def test_every_record_that_waited_is_written_when_people_yaml_says_who_they_are(two: Pair) -> None:
    look_up(two)
    assert [two.crm.records[one].get("Owner") for one in ("1", "2")] == [None, None]
    two.live_by(SYNC, people=PEOPLE)

    look_up(two)
    before = len(two.crm.writes)
    look_up(two)

    assert [two.crm.records[one]["Owner"] for one in ("1", "2")] == ["005Dana", "005Dana"]
    assert len(two.crm.writes) == before


def test_where_no_mappings_can_be_loaded_they_go_on_waiting(two: Pair, folk: Folk) -> None:
    folk.accounts["crm"] = [Account(id="005Dana", email=ADDRESS)]
    two.town.spoil_rules()
    two.town.forget_compiled()

    ups = LookUps(world=two.town.world, pulse=two.town.dispatcher.pulse)
    done = sum(iter(ups.step, 0))
    two.live_by(SYNC.replace("A case is", "This case is"))
    look_up(two)

    assert done == 1
    assert [two.crm.records[one]["Owner"] for one in ("1", "2")] == ["005Dana", "005Dana"]
