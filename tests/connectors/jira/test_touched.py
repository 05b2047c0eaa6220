"""What was changed since a moment is found by search, on Cloud and on Data Center."""

from datetime import timedelta

import pytest

from bridge.connectors.jira.reader import read, touched
from bridge.errors import PermanentError
from clocks import FakeClock
from connectors.jira.sites import World, client_of

HOUR = timedelta(hours=1)


def test_issues_come_the_oldest_change_first_and_no_older_than_asked(
    world: World, clock: FakeClock
) -> None:
    keys = []
    for _ in range(4):
        keys.append(world.sim.create_issue("Tide"))
        clock.advance(HOUR)
    world.sim.set_due(keys[2], "2027-01-31")
    ids = {key: str(world.sim.issue(key)["id"]) for key in keys}

    found = list(touched(world.client, "issue", clock.now() - 3 * HOUR, clock.now(), ""))

    assert [one.id for one in found] == [ids[keys[1]], ids[keys[3]], ids[keys[2]]]
    assert found[-1].stamp == clock.now()
    assert not any(one.gone for one in found)


def test_it_pages_to_its_end(world: World, clock: FakeClock) -> None:
    for number in range(130):
        world.sim.create_issue(f"Tide {number}")

    found = list(touched(world.client, "issue", clock.now() - HOUR, clock.now(), ""))

    assert len({one.id for one in found}) == 130


def test_what_the_index_does_not_know_yet_is_read_all_the_same(world: World) -> None:
    world.sim.set_index_lag(30)
    made = [str(world.sim.issue(world.sim.create_issue("Tide"))["id"]) for _ in range(3)]

    shown = read(world.client, "jira", "issue", [*made, "99999"], ("summary",))

    assert sorted(one.ref.id for one in shown) == made


@pytest.mark.parametrize("world", ["datacenter"], indirect=True)
@pytest.mark.parametrize("fallen_out", [1, 99, 160])
def test_what_falls_out_of_a_search_under_way_hides_nothing_behind_it(
    world: World, clock: FakeClock, fallen_out: int
) -> None:
    """A Data Center pages by number, and by its own clock: minutes later, so many are too old."""
    since = clock.now()
    for number in range(250):
        world.sim.create_issue(f"Tide {number}")
        clock.advance(HOUR / 250)
    found = touched(world.client, "issue", since, clock.now(), "")
    begun = [next(found).id for _ in range(170)]
    clock.advance(HOUR * (fallen_out + 5) / 250)

    ids = begun + [one.id for one in found]

    assert len(ids) == len(set(ids)) == 250


@pytest.mark.parametrize(
    ("project", "where", "keys"),
    [
        (None, "", {"ENG", "OPS"}),
        ("ENG", "", {"ENG"}),
        ("ENG", 'project = "OPS" OR labels = none', {"OPS"}),
    ],
)
def test_only_what_is_asked_for_is_found(
    world: World, clock: FakeClock, project: str | None, where: str, keys: set[str]
) -> None:
    world.sim.create_issue("Tide")
    moved = world.sim.move_issue(world.sim.create_issue("Tide"), "OPS")
    by_id = {str(one["id"]): one["key"] for one in [*world.sim.issues(), world.sim.issue(moved)]}

    with client_of(world.settings.model_copy(update={"project": project})) as client:
        found = list(touched(client, "issue", clock.now() - HOUR, clock.now(), where))

    assert {by_id[one.id].partition("-")[0] for one in found} == keys


def test_only_issues_can_be_searched_for(world: World, clock: FakeClock) -> None:
    with pytest.raises(PermanentError, match="only issues"):
        list(touched(world.client, "comment", clock.now(), clock.now(), ""))
