"""Webhooks of the simulated sites, over real sockets."""

from bridge.canonical.event import Act
from bridge.connectors.contract import Translation
from bridge.connectors.jira import CONNECTOR
from bridge.connectors.jira.actions import (
    UpdateIssue,
)
from bridge.connectors.jira.inbound import translate
from bridge.connectors.jira.signature import verify
from bridge.connectors.simulation.serve import Served
from clocks import START
from connectors.jira.harbour import SECRET
from connectors.jira.sites import Door, World

KEY = "wrk_mzxw6ytboi"


def read_all(world: World, door: Door) -> list[Translation]:
    """Every message is let in and translated."""
    assert world.sim.wait_idle()
    found = []
    for message in door.messages:
        verify(world.settings, message, START)
        found.append(translate(world.settings, message))
    return found


def test_every_webhook_of_the_site_is_let_in_and_understood(world: World) -> None:
    door = Door()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        world.live_through(world.create(labels=["tide"]))
        found = read_all(world, door)

    assert all(bool(one.snapshots) is not bool(one.ignored) for one in found)
    shown = [snapshot for one in found for snapshot in one.snapshots]
    issues = {str(snapshot.ref) for snapshot in shown if snapshot.object == "issue"}
    assert len(issues) == 1
    acts = {(snapshot.object, snapshot.act) for snapshot in shown}
    assert acts >= {
        ("issue", Act.CREATED),
        ("issue", Act.UPDATED),
        ("issue", Act.DELETED),
        ("comment", Act.CREATED),
        ("comment", Act.UPDATED),
        ("comment", Act.DELETED),
    }
    moved = {line.field: line for one in shown for line in one.moved}
    assert moved["duedate"].after == "2027-01-31"
    assert moved["status"].after["name"] == "Done"
    if world.settings.flavour == "cloud":
        assert {one.fields["public"] for one in shown if one.object == "comment"} == {False}


def test_two_registrations_tell_each_fact_once(world: World) -> None:
    door = Door()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        world.sim.add_hook(f"{served.url}/hook", secret=SECRET)
        key = world.create()
        world.sim.comment(key, "Seen")
        world.sim.transition(key, "In Progress")
        found = read_all(world, door)

    facts: dict[tuple[str, str, str], int] = {}
    for snapshot in (snapshot for one in found for snapshot in one.snapshots):
        fact = (str(snapshot.ref), snapshot.act.value, snapshot.version)
        facts[fact] = facts.get(fact, 0) + 1
    acts = [fact[1:] for fact in facts if ":comment:" in fact[0]]
    assert acts == [("created", "")]
    assert set(facts.values()) <= {2, 4}


def test_our_own_change_comes_back_as_our_own(world: World) -> None:
    door = Door()
    ours = world.client.myself()
    account = str(ours.get("accountId") or ours["name"])
    settings = world.settings.model_copy(update={"account_id": account})
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        done = UpdateIssue(issue=key, priority="High", due="2027-01-31").run(world.client, KEY)
        world.sim.edit_issue(key, {"priority": {"name": "Low"}})
        found = read_all(world, door)

    shown = [translate(settings, message).snapshots[0] for message in door.messages]
    by_act = {snapshot.own: snapshot for snapshot in shown}
    assert len(found) == 2
    assert by_act[True].fields["priority"]["name"] == done.wrote["priority"]["name"]
    assert by_act[True].fields["duedate"] == done.wrote["duedate"]
    assert by_act[False].fields["priority"]["name"] == "Low"


def test_an_automation_tells_of_the_same_issue(world: World) -> None:
    door = Door()
    key = world.create()
    header = world.settings.webhook.automation_header
    with Served(door.app()) as served:
        world.sim.add_automation(f"{served.url}/hook", headers={header: SECRET})
        world.sim.transition(key, "In Progress")
        (found,) = read_all(world, door)

    (snapshot,) = found.snapshots
    assert snapshot.ref.id == str(world.sim.issue(key)["id"])
    assert snapshot.fields["status"] == {"name": "In Progress"}


def test_a_read_and_a_webhook_show_one_modification(world: World) -> None:
    door = Door()
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        world.sim.set_due(key, "2027-01-31")
        (found,) = read_all(world, door)
    (told,) = found.snapshots

    assert CONNECTOR.reader is not None
    (seen,) = CONNECTOR.reader.read(world.client, "jira", "issue", [told.ref.id], [])

    assert seen.stamp == told.stamp
    assert seen.fields["duedate"] == told.fields["duedate"]
    assert seen.ref == told.ref
