"""Comments and files are read with the issues that they hang on, on Cloud and on Data Center."""

from datetime import timedelta

import pytest

from bridge.connectors.jira.actions import AddComment
from bridge.connectors.jira.hanging import HANGING
from clocks import FakeClock
from connectors.jira.sites import World

COMMENTS, FILES = HANGING["comment"], HANGING["attachment"]


@pytest.fixture
def issue(world: World) -> str:
    """An issue's key."""
    return world.sim.create_issue("Tide")


def number(world: World, key: str) -> str:
    return str(world.sim.issue(key)["id"])


def test_all_comments_of_an_issue_are_listed_and_who_may_see_them(
    world: World, issue: str, clock: FakeClock
) -> None:
    public = world.sim.comment(issue, "Ebb")
    note = world.sim.comment(issue, "Flood", internal=True)
    few = world.sim.comment(issue, "Slack", visible_to="Developers")
    clock.advance(60)
    world.sim.edit_comment(issue, public, "Low tide")
    ident = number(world, issue)

    listed = COMMENTS.all(world.client, "jira", [ident, "99999"])

    found = {one.ref.id: one for one in listed[ident]}
    seen = {one: shown.fields["public"] for one, shown in found.items()}
    cloud = world.settings.flavour == "cloud"  # a Data Center's messages do not tell, nor does this
    assert list(listed) == [ident]
    assert seen == {public: True if cloud else None, note: False, few: False}
    assert found[public].stamp == clock.now()
    assert found[public].created_at == clock.now() - timedelta(minutes=1)
    assert found[public].fields["body"] == "Low tide"
    assert {(one.on, one.fields["issue"]["ref"]) for one in found.values()} == {
        (ident, f"jira:issue:{ident}")
    }


def test_a_list_goes_on_to_its_end(world: World, issue: str) -> None:
    for one in range(130):
        world.sim.comment(issue, f"Tide {one}")
    ident = number(world, issue)

    listed = COMMENTS.all(world.client, "jira", [ident])

    assert len({one.ref for one in listed[ident]}) == 130


def test_a_comment_is_read_by_itself_as_long_as_it_is_there(world: World, issue: str) -> None:
    kept, gone = world.sim.comment(issue, "Ebb"), world.sim.comment(issue, "Flood")
    world.sim.delete_comment(issue, gone)
    ident = number(world, issue)

    found = COMMENTS.read(world.client, "jira", [f"{ident}/{kept}", f"{ident}/{gone}", "99999/7"])

    assert [(one.ref.id, one.fields["body"]) for one in found] == [(kept, "Ebb")]


def test_a_comment_of_ours_shows_its_mark(world: World, issue: str) -> None:
    AddComment(issue=issue, body="Ebb").run(world.client, "lnk_mzxw6ytboi")
    ident = number(world, issue)

    ((found,),) = COMMENTS.all(world.client, "jira", [ident]).values()

    assert found.mark is not None
    assert found.mark.write_keys == ("lnk_mzxw6ytboi",)
    assert found.fields["public"] is False  # it was said to the team


def test_the_files_of_an_issue_are_read_with_it(world: World, issue: str) -> None:
    kept = world.sim.attach(issue, "log.txt", "It reboots")
    gone = world.sim.attach(issue, "shot.png", b"png")
    ident = number(world, issue)
    listed = FILES.all(world.client, "jira", [ident, "99999"])
    world.sim.detach(issue, gone)

    found = FILES.read(world.client, "jira", [f"{ident}/{kept}", f"{ident}/{gone}", "99999/7"])

    assert {one: [file.ref.id for file in files] for one, files in listed.items()} == {
        ident: [kept, gone]
    }
    (file,) = found
    assert (file.ref.id, file.on, file.fields["filename"]) == (kept, ident, "log.txt")
    assert (file.fields["size"], file.fields["public"]) == (10, True)
