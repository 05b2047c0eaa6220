"""What we have said comes back as news before its answer does, and is known as ours: it is not said back.

Copies are for everybody to see here, so that nothing but the echo guard (`talking/ours.py`) stops them.
"""

import pytest

from talking.forum import PRODUCTS, SEARCHES, Forum


@pytest.fixture(params=["by the names of our accounts", "by marks and words alone"])
def knowing(request: pytest.FixtureRequest, all_seeing: Forum) -> Forum:
    """How what is ours is known."""
    if request.param != "by the names of our accounts":
        all_seeing.forget_our_names()
    return all_seeing


def test_a_comment_of_ours_whose_answer_is_lost_is_not_said_back(knowing: Forum) -> None:
    world, org = knowing.world, knowing.world.there.org
    for site in PRODUCTS:
        world.doom.at = "after"
        knowing.site(site).comment(knowing.key(site), "Fixed in build 812.")
        world.wait(SEARCHES)
        world.doom.at = "after"
        org.comment(knowing.pairs[site].case, "Which build?", published=True)
        world.wait(SEARCHES)

    assert world.doom.at == ""
    said = ["Fixed in build 812.", "Which build?"]
    assert [knowing.on_case(site) for site in PRODUCTS] == [said, said]
    assert [knowing.on_issue(site) for site in PRODUCTS] == [said, said]
    assert knowing.owed() == [("comment", "succeeded")] * 4


def test_a_file_of_ours_whose_answer_is_lost_is_not_brought_back(knowing: Forum) -> None:
    world, org = knowing.world, knowing.world.there.org
    for site in PRODUCTS:
        world.doom.at = "after"
        knowing.site(site).attach(knowing.key(site), "shot.png", b"tide")
        world.wait(SEARCHES)
        world.doom.at = "after"
        org.attach(knowing.pairs[site].case, "log.txt", b"ebb")
        world.wait(SEARCHES)

    assert world.doom.at == ""
    there = [("log.txt", b"ebb"), ("shot.png", b"tide")]
    assert [knowing.files_on_case(site) for site in PRODUCTS] == [there, there]
    assert [knowing.files_on_issue(site) for site in PRODUCTS] == [there, there]
    assert knowing.owed() == [("attachment", "succeeded")] * 4
