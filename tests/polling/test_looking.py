"""What was deleted and no message told is found by looking for it by its id, in rounds."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bridge.errors import TransientError
from bridge.inbox.tables import PollRow
from bridge.pipeline.polling.looking import Looking
from polling.search import MINUTE, Search

GONE = timedelta(hours=24)


@pytest.fixture
def known(search: Search) -> Search:
    """Three cases are known, and the rounds begin."""
    for number in ("1", "2", "3"):
        search.change(number)
        search.tell(number)
    search.plan_looks(cases=GONE)
    search.town.settle()
    return search


def test_a_record_that_no_search_shows_is_found_to_be_gone_once(known: Search) -> None:
    before = known.deleted()
    del known.town.vendors["crm"].records["2"]

    for _ in range(2):
        known.town.clock.advance(GONE)
        known.town.settle()

    kinds = [one.kind for one in known.town.events("feedback")]
    assert (before, known.deleted()) == ([], ["crm:Case:2"])
    assert kinds == ["feedback.created"] * 3 + ["feedback.deleted"]


def test_a_round_takes_its_time_and_begins_again(known: Search) -> None:
    town = known.town
    two = Looking(world=town.world, pulse=town.dispatcher.pulse, page=2)
    town.clock.advance(GONE)
    two.step()
    halfway = known.row()
    early = two.step()
    town.clock.advance(GONE / 2)
    two.step()

    assert (halfway.looked_ref, early) == ("crm:Case:2", 0)
    assert halfway.look_at == town.clock.now()
    assert known.row().looked_ref is None


def test_many_that_are_not_shown_at_once_are_not_taken_for_deleted(known: Search) -> None:
    for number in range(4, 12):
        known.change(str(number))
        known.tell(str(number))
    known.town.vendors["crm"].records.clear()

    known.town.clock.advance(GONE)
    known.town.settle()

    assert known.deleted() == []
    assert "see whether the account may still read them" in known.town.said.down["gone:cases"]


def test_a_system_that_is_away_is_looked_at_later(known: Search) -> None:
    del known.town.vendors["crm"].records["2"]
    known.town.clock.advance(GONE)
    known.town.vendors["crm"].trouble.append(TransientError("away"))
    Looking(world=known.town.world, pulse=known.town.dispatcher.pulse).step()
    later = known.row().look_at

    known.town.clock.advance(GONE)
    known.town.settle()

    assert later is not None
    assert later < known.town.clock.now()
    assert known.deleted() == ["crm:Case:2"]


def test_where_nobody_asks_for_it_nothing_is_looked_for(search: Search) -> None:
    search.change()
    search.tell()
    search.plan_looks(cases=GONE)
    search.plan_looks()

    assert search.row().look_at is None


def test_a_look_that_another_node_has_begun_is_left_to_it(known: Search) -> None:
    until = known.town.clock.now() + GONE + 3 * MINUTE
    known.town.act(lambda session: session.execute(update(PollRow).values(leased_until=until)))
    known.town.clock.advance(GONE)

    known.town.settle()

    assert known.row().leased_until == until
