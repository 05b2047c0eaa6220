"""What differs between Cloud and Data Center, each on both: the table in the README names these."""

from typing import Any

import pytest

from bridge.canonical.event import Act
from bridge.connectors.contract import Snapshot
from bridge.connectors.jira.actions import AddComment, UpdateIssue
from bridge.connectors.jira.inbound import translate
from bridge.connectors.jira.mark import PROPERTY
from bridge.connectors.jira.signature import verify
from bridge.connectors.simulation.serve import Served
from bridge.errors import Unverified
from clocks import START
from connectors.jira.harbour import SECRET
from connectors.jira.sites import Door, World

KEY = "wrk_mzxw6ytboi"


def is_cloud(world: World) -> bool:
    return world.settings.flavour == "cloud"


@pytest.fixture
def door() -> Door:
    return Door()


def told(world: World, door: Door, about: str) -> list[Snapshot]:
    """What the site has told of objects of this kind, as it came."""
    assert world.sim.wait_idle()
    shown = [
        one for message in door.messages for one in translate(world.settings, message).snapshots
    ]
    return [one for one in shown if one.object == about]


def test_a_search_goes_on_by_token_or_by_number(world: World) -> None:
    for number in range(130):
        world.sim.create_issue(f"Tide {number}")
    world.sim.requests.clear()

    found = list(world.client.search("project = ENG ORDER BY key", ["summary"]))

    path, other = ("POST /search/jql", "POST /search")[:: 1 if is_cloud(world) else -1]
    assert len({one["id"] for one in found}) == 130
    assert (world.sim.requests[path], world.sim.requests[other]) == (2, 0)


def test_an_assignee_is_written_and_told_by_account_id_or_by_name(world: World, door: Door) -> None:
    key = world.create()
    account = "712020:9aa1" if is_cloud(world) else "ivo"
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        done = UpdateIssue.model_validate({"issue": key, "fields": {"assignee": account}})
        done.run(world.client, KEY)
        (shown,) = told(world, door, "issue")

    member = "accountId" if is_cloud(world) else "name"
    (line,) = shown.moved
    assert shown.fields["assignee"][member] == account
    assert line.after[member] == account
    assert ("accountId" in shown.fields["assignee"]) is is_cloud(world)


@pytest.mark.parametrize("public", [False, True])
def test_a_comment_carries_our_mark_and_who_may_see_it_as_properties(
    world: World, public: bool
) -> None:
    key = world.create()

    AddComment(issue=key, body="Ebb", public=public).run(world.client, KEY)

    (made,) = world.sim.site.state.issue(key).comments.values()
    internal = {} if public else {"sd.public.comment": {"internal": True}}
    assert made.properties == {PROPERTY: {"key": KEY}, **internal}


def test_an_issue_carries_our_mark_as_a_property(world: World) -> None:
    key = world.create()

    assert world.sim.site.state.issue(key).properties == {PROPERTY: {"key": KEY}}


def test_who_wrote_a_comment_and_who_may_see_it_is_told_in_other_words(
    world: World, door: Door
) -> None:
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        for said in ({}, {"internal": True}, {"visible_to": "Developers"}):
            world.sim.comment(key, "Ebb", by="ivo", **said)
        found = told(world, door, "comment")

    by_id: dict[str, set[Any]] = {}
    for one in found:
        by_id.setdefault(one.ref.id, set()).add(one.fields["public"])
    seen = [*by_id.values()]
    member, account = ("accountId", "712020:9aa1") if is_cloud(world) else ("name", "ivo")
    assert {one.fields["author"][member] for one in found} == {account}
    assert seen == ([{True}, {False}, {False}] if is_cloud(world) else [{None}, {None}, {False}])


def test_a_comment_is_told_once_or_twice_and_is_one_fact(world: World, door: Door) -> None:
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        world.sim.comment(key, "Ebb")
        found = told(world, door, "comment")

    issue = f"jira:issue:{world.sim.issue(key)['id']}"
    assert len(found) == (1 if is_cloud(world) else 2)
    assert {(str(one.ref), one.act, one.version) for one in found} == {
        (str(found[0].ref), Act.CREATED, "")
    }
    assert {one.fields["issue"]["ref"] for one in found} == {issue}


def test_a_file_that_comes_with_a_change_is_told_with_the_change(world: World, door: Door) -> None:
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        number = world.sim.attach(key, "tide.txt", "Ebb", by="ivo")
        world.sim.detach(key, number)
        found = told(world, door, "attachment")

    place = "attachment/content" if is_cloud(world) else "secure/attachment"
    assert [(one.ref.id, one.act) for one in found] == [
        (number, Act.CREATED),
        (number, Act.DELETED),
    ]
    assert place in found[0].fields["content"]
    assert (found[0].fields["filename"], found[0].fields["size"]) == ("tide.txt", 3)


def test_a_webhook_is_signed_and_one_signed_by_another_is_refused(world: World, door: Door) -> None:
    key = world.create()
    with Served(door.app()) as served:
        world.sim.register_hook(f"{served.url}/hook", secret=SECRET)
        world.sim.comment(key, "Ebb")
        assert world.sim.wait_idle()
        right = list(door.messages)
        door.messages.clear()
        world.sim.register_hook(f"{served.url}/hook", secret="somebody else's")
        world.sim.comment(key, "Flood")
        assert world.sim.wait_idle()

    assert right
    assert door.messages
    for message in right:
        verify(world.settings, message, START)
    for message in door.messages:
        with pytest.raises(Unverified):
            verify(world.settings, message, START)
