"""An issue of whose making nobody has heard: its create got no answer, or Bridge was killed meanwhile, and
its message never came."""

from itertools import product

import pytest

from agreement.deeds import JIRA, Pair
from agreement.machine import PACED, POLL_SECONDS
from agreement.people import People
from agreement.talkers import Talkers
from agreement.verdict import judge
from agreement.weather import UNHEARD, Weather

LOOK_SECONDS = 60 * 60.0  # within which each known issue is looked for
SITES = {"Router": "jira", "Switch": "jira-dc"}


@pytest.fixture(params=product(SITES, UNHEARD), ids=" ".join)
def unheard(request: pytest.FixtureRequest, people: People) -> Pair:
    """A case whose issue is there, and Bridge does not know it."""
    world, (about, how) = people.world, request.param
    Weather(world=world).deafen(SITES[about], how)
    pair = people.open_case(about, "high")
    while people.issue(pair) is None:
        world.clock.advance(1.0)
        world.mail.deliver()
        world.read_one()
        world.act_once()
    return pair


def test_what_was_set_at_the_case_meanwhile_is_not_written_over(
    people: People, unheard: Pair
) -> None:
    for name in ("title", "body"):
        people.edit_case(unheard, name)
    people.edit_case(unheard, "severity", "low")
    people.world.clock.advance(20.0)
    people.edit_issue(unheard, "due", "2027-03-01")
    people.world.wait(POLL_SECONDS)
    people.world.wait(PACED)

    assert judge(people) == []


def test_what_is_said_on_it_meanwhile_is_no_edit_of_it(people: People, unheard: Pair) -> None:
    weather = Weather(world=people.world)
    people.edit_case(unheard, "severity", "low")
    weather.turn(unheard.site)
    people.edit_issue(unheard, "due", "2027-03-01")  # by which it is known
    people.world.wait(30.0)
    Talkers(people=people).say(unheard, JIRA, "restricted")
    people.world.wait(30.0)
    weather.calm()
    people.world.wait(POLL_SECONDS)

    assert judge(people) == []


def test_an_issue_that_is_deleted_before_anybody_looked_is_not_made_again(
    people: People, unheard: Pair
) -> None:
    people.delete_issue(unheard)
    people.world.wait(POLL_SECONDS)
    people.world.wait(PACED)

    assert people.issue(unheard) is None
    assert judge(people) == []


@pytest.mark.parametrize("product", SITES)
def test_an_issue_that_goes_without_a_word_is_found_to_be_gone(
    people: People, product: str
) -> None:
    pair = people.open_case(product, "high")
    people.world.wait(300.0)
    people.delete_issue(pair)
    people.world.mail.lose_all()
    people.world.wait(LOOK_SECONDS + POLL_SECONDS)

    assert judge(people) == []
