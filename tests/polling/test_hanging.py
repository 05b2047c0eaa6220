"""Comments that no message told of are found by the search for what they hang on: new, changed, taken away."""

from datetime import timedelta

import pytest

from bridge.db import Database
from bridge.errors import TransientError
from bridge.pipeline.polling import hanging
from bridge.pipeline.polling.looking import Looking
from clocks import FakeClock
from pipeline.town import Town
from polling.talk import Talk


@pytest.fixture
def talk(database: Database, clock: FakeClock) -> Talk:
    return Talk(town=Town(database=database, clock=clock))


def test_a_comment_that_no_message_told_comes_in_as_if_it_had_been_told(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.turn()

    (event,) = talk.events()
    assert (event.kind, event.origin) == ("comment.created", "poll")
    assert event.record["parent"] == "crm:Case:1"
    assert talk.found() == 1


def test_what_was_told_is_not_read_again(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.tell("7")
    talk.turn()

    assert [one.origin for one in talk.events()] == ["webhook"]
    assert talk.found() == 0


def test_a_comment_that_was_changed_is_found_with_what_it_changed(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.tell("7")
    talk.say("7", "It reboots at night")
    talk.turn()

    _, updated = talk.events()
    assert [(one["field"], one["after"]) for one in updated.changes] == [
        ("body", "It reboots at night")
    ]


def test_a_change_that_is_told_late_makes_no_second_event(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.tell("7", act="created")
    talk.say("7", "It reboots at night")
    talk.turn()
    talk.tell("7", act="updated")

    assert [one.kind for one in talk.events()] == ["comment.created", "comment.updated"]


def test_a_comment_that_was_taken_away_is_found_to_be_gone_once(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.say("8", "Which build?")
    talk.tell("7")
    talk.tell("8")
    talk.take_away("7")
    for _ in range(3):
        talk.turn()

    assert [one.kind for one in talk.events()] == ["comment.created"] * 2 + ["comment.deleted"]
    assert talk.known_to_be_gone() == ["crm:comment:7"]


def test_a_list_that_leaves_one_out_is_not_believed_before_it_is_read_by_itself(
    talk: Talk,
) -> None:
    talk.say("7", "It reboots")
    talk.tell("7")
    talk.town.vendors["crm"].unlisted.add("7")
    talk.touch()
    talk.turn()

    assert talk.known_to_be_gone() == []
    assert [one.kind for one in talk.events()] == ["comment.created"]


def test_what_hangs_on_a_record_that_cannot_be_read_is_not_taken_for_gone(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.tell("7")
    talk.touch()
    talk.town.vendors["crm"].reads = lambda: talk.town.vendors["crm"].records.pop("1", None)
    talk.turn()

    assert talk.known_to_be_gone() == []


def test_one_that_others_may_see_now_is_found_though_its_time_is_as_it_was(talk: Talk) -> None:
    talk.say("7", "The key is under the mat", public=True)
    talk.tell("7")
    talk.town.vendors["crm"].said["7"]["public"] = False
    talk.touch()
    for _ in range(2):
        talk.turn()

    _, updated = talk.events()
    assert [(one["field"], one["after"]) for one in updated.changes] == [("public", False)]


def test_what_was_said_before_the_search_began_is_history(talk: Talk) -> None:
    talk.say("7", "It reboots", at=talk.town.clock.now() - timedelta(days=30))
    talk.touch()
    talk.turn()

    assert talk.events() == []


def test_a_record_that_changes_all_the_time_hides_nothing(talk: Talk) -> None:
    """Its own change of a moment ago is left to its message; what was said before is not."""
    talk.say("7", "It reboots")
    talk.say("8", "Which build?")
    talk.tell("8")
    talk.take_away("8")
    talk.let_a_search_come()
    talk.touch(wait=0)
    talk.town.settle()

    assert [one.kind for one in talk.events()] == [
        "comment.created",
        "comment.created",
        "comment.deleted",
    ]
    assert talk.found() == 1  # that one was deleted a moment ago may be on its way


def test_what_was_said_a_moment_ago_is_left_to_its_message(talk: Talk) -> None:
    talk.let_a_search_come()
    talk.say("7", "It reboots", wait=0)
    talk.town.settle()
    left = talk.events()
    talk.turn()

    assert left == []
    assert len(talk.events()) == 1


@pytest.mark.parametrize("size", [hanging.PAGE - 1, hanging.PAGE, 2 * hanging.PAGE + 3])
def test_many_come_page_by_page_and_a_kill_in_the_middle_brings_nothing_twice(
    talk: Talk, size: int
) -> None:
    for number in range(size):
        talk.say(str(number), "It reboots", on=str(number), wait=2)
    talk.let_a_search_come()
    talk.town.polling.step()
    other = talk.town.beside()
    other.settle()

    assert len(talk.events()) == size
    assert talk.begun_at() is None


def test_an_outage_in_the_middle_loses_nothing(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.let_a_search_come()
    talk.town.vendors["crm"].reads = lambda: talk.away(TransientError("busy"))
    talk.town.settle()
    problem = talk.problem()
    for _ in range(2):
        talk.turn()

    assert "busy" in problem
    assert len(talk.events()) == 1


def test_a_round_of_looks_is_not_for_what_hangs_and_says_so(talk: Talk) -> None:
    talk.say("7", "It reboots")
    talk.tell("7")
    talk.plan_looks()
    Looking(world=talk.town.world, pulse=talk.town.dispatcher.pulse).step()

    assert "take `gone` out" in talk.town.said.down["gone:said"]
