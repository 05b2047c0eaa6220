"""What is said before anybody knows what it belongs to crosses as if everything had come in its order."""

from collections.abc import Callable

import pytest

from agreement.crossing import at_case, at_issue
from agreement.deeds import JIRA, SALESFORCE, Pair
from agreement.machine import PACED, POLL_SECONDS
from agreement.people import People
from agreement.talkers import Talkers
from agreement.verdict import judge
from agreement.world import World

MINUTE = 60.0
SEARCHED = 5 * MINUTE  # each so often case comments are searched for, and found a minute later


@pytest.fixture
def talkers(new_world: Callable[[], World]) -> Talkers:
    return Talkers(people=People(world=new_world()))


def sure(talkers: Talkers, pair: Pair, *, site: int, case: int) -> None:
    """So much of what people said on each is on the other, once, and nothing is wrong."""
    wrong = judge(talkers.people)
    there = (len(list(at_issue(talkers.people, pair))), len(list(at_case(talkers.people, pair))))
    talkers.people.world.close()
    assert not wrong, "\n".join([*talkers.people.world.story, *wrong])
    assert there == (site, case)


@pytest.mark.parametrize("product", ["Router", "Switch"])
def test_a_comment_that_comes_before_its_case_waits_for_it(talkers: Talkers, product: str) -> None:
    world = talkers.people.world
    pair = talkers.people.open_case(product, "high")
    world.mail.lose_all()
    talkers.say(pair, SALESFORCE, "public")
    talkers.say(pair, SALESFORCE, "internal")
    world.wait(SEARCHED + 2 * MINUTE)
    before = list(at_issue(talkers.people, pair))
    world.wait(POLL_SECONDS)
    world.wait(PACED)

    assert before == []
    sure(talkers, pair, site=1, case=0)


def test_a_comment_on_an_issue_whose_making_nobody_has_heard_of_crosses_when_it_is_found(
    talkers: Talkers,
) -> None:
    world = talkers.people.world
    pair = talkers.people.open_case("Router", "high")
    world.there.faults["jira"].next("cut_after", method="POST", path_contains="/issue")
    while talkers.people.issue(pair) is None:
        world.clock.advance(1.0)
        world.read_one()
        world.mail.deliver()
        world.act_once()
    world.mail.lose_all()  # that it was made
    talkers.say(pair, JIRA, "public")
    talkers.say(pair, JIRA, "restricted")
    world.settle()
    before = list(at_case(talkers.people, pair))
    world.wait(POLL_SECONDS)
    world.wait(PACED)

    assert before == []
    sure(talkers, pair, site=0, case=1)


def test_what_is_said_while_the_case_lies_in_the_bin_crosses_when_it_is_taken_back(
    talkers: Talkers,
) -> None:
    people = talkers.people
    pair = people.open_case("Router", "high")
    people.world.wait(5 * MINUTE)
    talkers.say(pair, JIRA, "public")
    people.world.wait(MINUTE)
    people.delete_case(pair)
    people.world.wait(POLL_SECONDS)
    people.world.wait(PACED)
    talkers.say(pair, JIRA, "public")
    people.world.wait(POLL_SECONDS)
    people.world.wait(PACED)
    people.undelete_case(pair)
    people.world.wait(2 * POLL_SECONDS)

    sure(talkers, pair, site=0, case=2)
