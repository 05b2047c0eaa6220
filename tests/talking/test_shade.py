"""A file that came with a comment which few may read does not cross, and is taken back where it has."""

import pytest

from bridge.pipeline.talking.shade import shaded
from talking.beside import hanging
from talking.forum import PRODUCTS, SEARCHES, Forum

SOON = 60.0
NAMED = ["See [^log.txt]", "See [the log|^log.txt]!", "!log.txt|width=200!"]


def test_a_file_that_a_hidden_comment_names_never_crosses_or_is_taken_back(
    all_seeing: Forum,
) -> None:
    world, before = all_seeing.world, []
    for name in PRODUCTS:
        site, key = all_seeing.site(name), all_seeing.key(name)
        site.comment(key, NAMED[0], visible_to="Developers")
        world.clock.advance(SOON)
        site.attach(key, "log.txt", b"ebb")  # after its comment
        site.attach(key, "wave.txt", b"flood")
        world.wait(SOON)
        before.append(all_seeing.files_on_case(name))
        site.comment(key, "!wave.txt!", visible_to="jira-administrators", group=True)
        world.wait(SOON)

    assert before == [[("wave.txt", b"flood")]] * 2
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [[], []]
    assert [len(all_seeing.files_on_issue(name)) for name in PRODUCTS] == [2, 2]


def test_a_file_that_one_person_put_there_with_a_hidden_comment_never_crosses(
    all_seeing: Forum,
) -> None:
    world = all_seeing.world
    for name in PRODUCTS:
        site, key = all_seeing.site(name), all_seeing.key(name)
        site.attach(key, "log.txt", b"ebb", by="ivo")
        site.comment(key, "In the dialog", visible_to="Developers", by="ivo")
        site.attach(key, "wave.txt", b"flood", by="mei")  # somebody else, at the same moment
        world.wait(SOON)

    there = [("wave.txt", b"flood")]
    assert [all_seeing.files_on_case(name) for name in PRODUCTS] == [there, there]


@pytest.mark.parametrize("text", NAMED)
def test_a_file_that_is_named_to_everybody_crosses(all_seeing: Forum, text: str) -> None:
    world, site, key = all_seeing.world, all_seeing.site("jira"), all_seeing.key("jira")
    said = site.comment(key, text, visible_to="Developers")
    world.clock.advance(SOON)
    site.attach(key, "log.txt", b"ebb")
    world.wait(SOON)
    hidden = all_seeing.files_on_case("jira")

    site.show_comment(key, said)
    world.wait(SOON)

    assert (hidden, all_seeing.files_on_case("jira")) == ([], [("log.txt", b"ebb")])


def test_a_public_copy_of_a_file_outlives_the_comment_that_names_it(all_seeing: Forum) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    org.attach(all_seeing.pairs["jira"].case, "log.txt", b"ebb")
    world.wait(SEARCHES)
    site, key = all_seeing.site("jira"), all_seeing.key("jira")
    said = site.comment(key, "See [^log.txt]")
    world.wait(SOON)
    site.delete_comment(key, said)
    world.wait(SEARCHES)

    assert all_seeing.files_on_issue("jira") == [("log.txt", b"ebb")]
    assert all_seeing.files_on_case("jira") == [("log.txt", b"ebb")]


def test_a_file_of_a_system_that_has_private_ones_is_as_public_as_it_says(
    all_seeing: Forum,
) -> None:
    world, org = all_seeing.world, all_seeing.world.there.org
    for name in PRODUCTS:
        case = all_seeing.pairs[name].case
        org.comment(case, "Between us: log.txt", published=False)
        org.attach(case, "log.txt", b"ebb")
        org.attach(case, "wave.txt", b"flood", private=True)
    world.wait(SEARCHES)

    assert [all_seeing.files_on_issue(name) for name in PRODUCTS] == [[("log.txt", b"ebb")]] * 2


@pytest.mark.parametrize(
    ("by", "file_by", "after", "is_shaded"),
    [
        ("ivo", "ivo", 2.0, True),
        ("ivo", "mei", 0.0, False),
        (None, "mei", 2.0, True),
        ("ivo", None, -2.0, True),
        (None, None, 0.0, True),
        (None, None, 2.1, False),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_who_is_not_told_may_be_the_one_who_put_the_file_there(
    by: str | None, file_by: str | None, after: float, is_shaded: bool, told: bool
) -> None:
    comment = hanging("comment", author=by, told=told)
    file = hanging("attachment", author=file_by, after=after, told=told)

    assert shaded(file, [comment, file]) is is_shaded
