"""Holds that nobody has decided in time end by themselves, as they say, and the audit says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bridge.access.tables import AuditRow
from bridge.connectors.contract import Mode
from bridge.db import Database
from bridge.outbox.tables import HoldRow
from bridge.pipeline.overdue import end_overdue
from clocks import FakeClock
from pipeline.town import Town

TERM = timedelta(hours=4)


@pytest.fixture
def town(database: Database, clock: FakeClock) -> Town:
    """The tracker only observes: a task and the card that waits for it are held."""
    town = Town(database=database, clock=clock, modes={"tracker": Mode.OBSERVE})
    town.live_by()
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    return town


@pytest.mark.parametrize(
    ("then", "states"),
    [("release", ["succeeded", "accepted"]), ("discard", ["cancelled", "cancelled"])],
)
def test_a_hold_ends_by_itself_as_it_says(town: Town, then: str, states: list[str]) -> None:
    until = town.clock.now() + TERM
    town.act(lambda session: session.execute(update(HoldRow).values(until=until, then=then)))

    town.clock.advance(TERM)
    end_overdue(town.world)
    town.settle()

    hold = town.act(lambda session: session.scalars(select(HoldRow)).one())
    entry = town.act(lambda session: session.scalars(select(AuditRow)).one())
    assert [row.state for row in town.deliveries()] == states
    assert (hold.state, hold.decisions[0]["by"]) == ("expired", "Bridge (clock)")
    assert (entry.principal, entry.verb, entry.target) == ("Bridge (clock)", then, hold.id)
    assert entry.reason == f"nobody decided until {until:%Y-%m-%d %H:%M} UTC"


@pytest.mark.parametrize("limited", [True, False])
def test_a_hold_stays_open_before_its_time_and_without_one(town: Town, limited: bool) -> None:
    terms = {"until": town.clock.now() + TERM, "then": "release"} if limited else {"until": None}
    town.act(lambda session: session.execute(update(HoldRow).values(terms)))

    town.clock.advance(TERM - timedelta(seconds=1))

    assert end_overdue(town.world) == 0
    assert town.deliveries()[0].state == "held"


def test_a_second_node_finds_nothing_left_to_end(town: Town) -> None:
    until = town.clock.now() + TERM
    town.act(lambda session: session.execute(update(HoldRow).values(until=until, then="discard")))
    town.clock.advance(TERM)

    assert (end_overdue(town.world), end_overdue(town.world)) == (1, 0)


@pytest.mark.parametrize(
    ("doing", "states"),
    [("release", ["succeeded", "accepted"]), ("discard", ["cancelled", "cancelled"])],
)
def test_a_decision_whose_node_died_half_way_is_carried_out_by_another(
    town: Town, doing: str, states: list[str]
) -> None:
    said = [{"by": "anna", "what": "decided", "why": "", "at": ""}]
    half_way = update(HoldRow).values(state="decided", doing=doing, decisions=said)
    town.act(lambda session: session.execute(half_way))

    town.settle()

    assert [row.state for row in town.deliveries()] == states
    assert town.act(lambda session: session.scalars(select(HoldRow.doing)).one()) == ""
    assert bool(town.links()) == (doing == "release")
