"""An issue with a security level: what is said on it stays there, at both kinds of Jira."""

from pathlib import Path

import pytest

from agreement.people import People
from agreement.wire import Line
from talking.forum import COMMENTS, PRODUCTS, SEARCHES, Forum, forum

SOON = 60.0
LEVEL = "Security team"


def test_what_is_said_on_an_issue_that_few_may_see_never_crosses(all_seeing: Forum) -> None:
    world = all_seeing.world
    for name in PRODUCTS:
        site, key = all_seeing.site(name), all_seeing.key(name)
        site.restrict(key, LEVEL)
        site.comment(key, "The password is ebb")
        site.attach(key, "log.txt", b"ebb")
        world.wait(SEARCHES)

    assert [all_seeing.on_case(name) for name in PRODUCTS] == [[], []]
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [[], []]
    assert all_seeing.owed() == []


def test_a_level_that_is_set_later_takes_the_copies_back_for_good(all_seeing: Forum) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    for name, pair in all_seeing.pairs.items():
        site, key = all_seeing.site(name), all_seeing.key(name)
        said = site.comment(key, "Ebb")
        site.attach(key, "log.txt", b"ebb")
        org.comment(pair.case, "Flood", published=True)
        world.wait(SOON)
        site.restrict(key, LEVEL)
        world.wait(SOON)
        site.restrict(key, None)
        site.edit_comment(key, said, "Ebb again")
        world.wait(SEARCHES)

    assert [all_seeing.on_case(name) for name in PRODUCTS] == [["Flood"]] * 2
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [[], []]
    assert [sorted(all_seeing.on_issue(name)) for name in PRODUCTS] == [["Ebb again", "Flood"]] * 2


def test_a_level_that_no_message_told_is_found_by_a_search(all_seeing: Forum) -> None:
    world, before = all_seeing.world, []
    for name in PRODUCTS:
        all_seeing.site(name).comment(all_seeing.key(name), "Ebb")
        world.wait(SOON)
        before.append(all_seeing.on_case(name))
        all_seeing.site(name).restrict(all_seeing.key(name), LEVEL)
        world.mail.letters.clear()
    world.wait(2 * SEARCHES)

    assert before == [["Ebb"], ["Ebb"]]
    assert [all_seeing.on_case(name) for name in PRODUCTS] == [[], []]


@pytest.mark.parametrize(("level", "crosses"), [(LEVEL, []), (None, ["Ebb"])])
def test_what_is_said_on_an_issue_that_nobody_has_shown_waits_until_it_is(
    all_seeing: Forum, level: str | None, crosses: list[str]
) -> None:
    world, site = all_seeing.world, all_seeing.site("jira")
    world.mail.swallowed.add(("jira", "jira:issue_created"))
    people = People(world=world)
    people.deeds.pairs.extend(all_seeing.pairs.values())
    all_seeing.pairs["jira"] = people.open_case("Router", "high")
    world.wait(5.0)
    site.restrict(all_seeing.key("jira"), level)
    world.mail.letters.clear()
    site.comment(all_seeing.key("jira"), "Ebb")
    world.wait(SOON)
    before = all_seeing.on_case("jira")
    world.wait(2 * SEARCHES)

    assert (before, all_seeing.on_case("jira")) == ([], crosses)
    said = [str(one.after.get("CommentBody")) for one in world.there.org.journal]
    assert sum("Ebb" in one for one in said) == len(crosses)


def test_what_was_said_meanwhile_crosses_when_everybody_may_see_the_issue_again(
    all_seeing: Forum,
) -> None:
    world = all_seeing.world
    for name in PRODUCTS:
        site, key = all_seeing.site(name), all_seeing.key(name)
        site.restrict(key, LEVEL)
        site.comment(key, "Ebb")
        site.comment(key, "For developers", visible_to="Developers")
        site.attach(key, "log.txt", b"flood", by="ivo")
        world.wait(SOON)
        site.restrict(key, None)
        world.wait(SOON)

    assert [all_seeing.on_case(name) for name in PRODUCTS] == [["Ebb"], ["Ebb"]]
    there = [("log.txt", b"flood")]
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [there, there]


def test_a_sync_may_say_that_a_level_hides_nothing(tmp_path: Path, line: Line) -> None:
    words = COMMENTS.replace("}", ", restricted: public}")
    with forum(tmp_path, f"sqlite:///{tmp_path / 'bridge.db'}", line, words) as made:
        for name in PRODUCTS:
            made.site(name).restrict(made.key(name), LEVEL)
            made.site(name).comment(made.key(name), "Ebb")
            made.site(name).attach(made.key(name), "log.txt", b"ebb")
            made.world.wait(SOON)

        assert [made.on_case(name) for name in PRODUCTS] == [["Ebb"], ["Ebb"]]
        assert [made.files_on_case(name) for name in PRODUCTS] == [[], []]
