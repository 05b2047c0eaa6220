"""The past of an issue is what its webhooks told: the same versions, the same values, whose it was."""

from datetime import timedelta

from bridge.canonical.event import Act
from bridge.connectors.contract import Snapshot
from bridge.connectors.jira.past import FIELDS, history
from bridge.connectors.jira.reader import read
from clocks import FakeClock
from connectors.jira.sites import World

HOUR = timedelta(hours=1)
FIELD_NAMES = ("summary", "status.name", "duedate", "assignee", *FIELDS)


def shown(world: World, key: str) -> Snapshot:
    ident = str(world.sim.issue(key)["id"])
    (found,) = read(world.client, "jira", "issue", [ident], FIELD_NAMES)
    return found


def test_a_past_has_each_change_and_that_the_issue_was_made(world: World, clock: FakeClock) -> None:
    made = clock.now()
    key = world.sim.create_issue("Tide", by="dana")
    clock.advance(HOUR)
    world.sim.transition(key, "In Progress", by="ivo")
    clock.advance(HOUR)
    world.sim.set_due(key, "2027-01-31", by="dana")
    bodies = [body for event, body in world.sim.events if event == "jira:issue_updated"]

    issue = shown(world, key)
    due, status, created = history(world.client, "issue", [issue])[issue.ref]

    assert [due.version, status.version] == [body["changelog"]["id"] for body in bodies[::-1]]
    assert (due.at, status.at, created.at) == (made + 2 * HOUR, made + HOUR, made)
    assert [(line.field, line.before, line.after) for line in due.moved] == [
        ("duedate", None, "2027-01-31")
    ]
    (line,) = status.moved
    assert (line.field, line.before["name"], line.after["name"]) == (
        "status", "To Do", "In Progress",
    )  # fmt: skip
    names = [one.actor.name for one in (due, status, created) if one.actor]
    assert [line.before["statusCategory"]["key"], line.after["statusCategory"]["key"]] == [
        "new", "indeterminate",
    ]  # fmt: skip
    assert (created.act, created.version) == (Act.CREATED, "")
    assert len(names) == 3
    assert names[0] == names[2] != names[1]


def test_a_long_past_is_read_to_its_end(world: World, clock: FakeClock) -> None:
    key = world.sim.create_issue("Tide")
    for number in range(230):
        clock.advance(60)
        world.sim.edit_issue(key, {"summary": f"Tide {number}"})

    issue = shown(world, key)
    past = history(world.client, "issue", [issue])[issue.ref]

    assert len(past) == 231
    assert [one.at for one in past] == sorted((one.at for one in past), reverse=True)


def test_an_issue_that_is_gone_meanwhile_has_no_changes(world: World) -> None:
    issue = shown(world, key := world.sim.create_issue("Tide"))
    world.sim.delete_issue(key)

    (made,) = history(world.client, "issue", [issue])[issue.ref]
    assert made.act is Act.CREATED
