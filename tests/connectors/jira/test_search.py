"""Every issue that a query shows is found, in an order that changes do not change."""

from datetime import timedelta

import pytest

from bridge.connectors.jira.reader import search
from bridge.errors import PermanentError
from clocks import FakeClock
from connectors.jira.sites import World, client_of

HOUR = timedelta(hours=1)


def test_issues_come_as_they_were_made_whatever_was_changed_since(
    world: World, clock: FakeClock
) -> None:
    keys = []
    for number in range(130):
        keys.append(world.sim.create_issue(f"Tide {number}"))
        clock.advance(HOUR)
    world.sim.set_due(keys[2], "2027-01-31")
    ids = [str(world.sim.issue(key)["id"]) for key in keys]

    found = list(search(world.client, "issue", "project = ENG", None, clock.now()))
    late = list(search(world.client, "issue", "", clock.now() - 2 * HOUR, clock.now()))

    assert [one.id for one in found] == ids
    assert [one.id for one in late] == [ids[2], ids[-2], ids[-1]]
    assert found[2].stamp == clock.now()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ('summary ~ "Tides" ORDER BY key DESC', "Tides"),
        ('project = OPS or summary ~ Tides order by "created" desc, key', "Tides"),
        ('summary ~ "order by tides"', "order by tides"),
    ],
)
def test_a_query_is_asked_as_it_is_but_for_its_order(
    world: World, clock: FakeClock, query: str, title: str
) -> None:
    for one in ("Tides", "Ebb", "order by tides"):
        world.sim.create_issue(one)

    found = list(search(world.client, "issue", query, clock.now() - HOUR, clock.now()))

    titles = [world.sim.issue(one.id)["fields"]["summary"] for one in found]
    assert title in titles
    assert "Ebb" not in titles


def test_a_search_that_nothing_bounds_says_what_is_missing(world: World, clock: FakeClock) -> None:
    with client_of(world.settings.model_copy(update={"project": None})) as client:
        with pytest.raises(PermanentError, match="say which issues, by a query"):
            list(search(client, "issue", "ORDER BY key", None, clock.now()))
        with pytest.raises(PermanentError, match="only issues"):
            list(search(client, "comment", "project = ENG", None, clock.now()))
