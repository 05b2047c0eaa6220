"""A case that is taken out of the bin, before anybody has looked, and goes another way."""

import pytest

from agreement.binders import Binders
from agreement.machine import POLL_SECONDS
from agreement.people import People
from agreement.verdict import judge, settle


def test_one_that_is_merged_at_once_takes_its_issue_along(people: People) -> None:
    world = people.world
    pair = people.open_case("Router", "high")
    world.wait(300.0)
    settle(people)
    people.delete_case(pair)
    world.wait(POLL_SECONDS + 60)
    people.undelete_case(pair)
    Binders(people=people).merge(pair)
    world.wait(2 * POLL_SECONDS)

    assert judge(people) == []


def test_one_that_is_taken_out_and_merged_in_the_second_in_which_we_missed_it_takes_its_issue_along(
    people: People,
) -> None:
    """A vendor's stamps are whole seconds, and ours are not."""
    world = people.world
    pair = people.open_case("Router", "high")
    world.wait(300.0)
    people.delete_case(pair)
    people.edit_issue(pair, "title")
    world.mail.lose_all_but("jira:")
    world.settle()
    people.undelete_case(pair)
    Binders(people=people).merge(pair)
    world.mail.lose_all()
    world.wait(2 * POLL_SECONDS)

    assert judge(people) == []


def test_one_that_is_merged_twice_before_anybody_knew_the_first_takes_its_issue_along(
    people: People,
) -> None:
    world = people.world
    pair = people.open_case("Router", "high")
    world.wait(300.0)
    Binders(people=people).merge(pair)
    world.mail.lose_all()
    people.edit_issue(pair, "title")  # Bridge looks at the case, which is how it hears of the first
    world.wait(5.0)
    Binders(people=people).merge(pair)
    world.mail.lose_all()
    world.wait(2 * POLL_SECONDS)

    assert judge(people) == []


def test_one_that_goes_and_comes_back_before_anybody_knew_it_shows_what_it_took_along(
    people: People,
) -> None:
    world = people.world
    pair = people.open_case("Router", "high")
    world.wait(300.0)
    people.move_on(pair, "In Progress")
    Binders(people=people).merge(pair)
    people.delete_case(pair)
    people.edit_issue(pair, "title")  # Bridge looks at the case, which is how it hears of the merge
    world.mail.lose_all_but("jira:")
    world.wait(5.0)
    people.undelete_case(pair)
    world.mail.lose_all()
    world.wait(2 * POLL_SECONDS)

    assert judge(people) == []


@pytest.mark.parametrize("product", ["Router", "Switch"])
@pytest.mark.parametrize("deed", ["status", "issue due"])
def test_what_was_refused_while_nobody_knew_is_told_when_the_case_is_shown_again(
    people: People, product: str, deed: str
) -> None:
    world = people.world
    pair = people.open_case(product, "high")
    world.wait(300.0)
    settle(people)
    people.delete_case(pair)
    world.mail.lose_all()
    people.do(pair, deed, 1)
    world.wait(60.0)
    people.undelete_case(pair)
    world.mail.lose_all()
    world.wait(2 * POLL_SECONDS)

    assert judge(people) == []
