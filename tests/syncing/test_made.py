"""An issue that we made of a case: what it was made with is no edit, and what somebody sets then is."""

from datetime import timedelta

import pytest

from bridge.db import Database
from clocks import FakeClock
from syncing.pair import CASE, Pair

RULES = """
version: 1
rules:
  - id: made
    description: A case becomes an issue.
    when: feedback.created
    do:
      - tracker.create_issue: {summary: "[CRM] ${feedback.title}", priority: Medium}
        relation: mirrors
    tests: [{name: t, given: {event: feedback.created}, expect: [tracker.create_issue]}]
"""


@pytest.fixture
def made(database: Database, clock: FakeClock) -> Pair:
    """A case of which an issue was made a moment ago. Nobody has told of it yet."""
    pair = Pair(database=database, clock=clock)
    pair.live_by(pair.sync, rules=RULES)
    pair.crm.edit("1", **CASE)
    clock.advance(1)
    pair.hear(pair.say("crm"))
    assert pair.issue("summary") == "[CRM] Reboots"
    pair.forget()
    return pair


def test_what_it_was_made_with_is_no_edit(made: Pair) -> None:
    made.hear(made.say("tracker"))
    made.quiet()

    assert (made.case("Title"), made.issue("summary")) == ("Reboots", "Reboots")
    assert (made.case("Severity"), made.issue("priority")) == ("High", "High")
    assert made.crm.writes == []


@pytest.mark.parametrize("seconds", [0.5, 3, 600])
def test_an_edit_before_it_was_ever_shown_counts_and_the_rest_is_as_it_was_made(
    made: Pair, seconds: float
) -> None:
    made.clock.advance(seconds)
    made.tracker.edit("7", summary="By engineering")
    made.clock.advance(60)

    made.hear(made.say("tracker"))
    made.quiet()

    assert (made.case("Title"), made.issue("summary")) == ("By engineering", "By engineering")
    assert (made.case("Severity"), made.issue("priority")) == ("High", "High")
    assert made.crm.writes == [{"Title": "By engineering"}]


def test_what_its_system_adds_as_it_is_made_is_no_edit(made: Pair) -> None:
    made.tracker.records["7"] |= {"text": "A template", "status": "done"}

    made.hear(made.say("tracker"))
    made.quiet()

    assert (made.case("Body"), made.issue("text")) == ("At night", "At night")
    assert (made.case("State"), made.issue("status")) == ("todo", "todo")


def test_a_system_whose_clock_is_ahead_has_it_as_it_was_made_all_the_same(made: Pair) -> None:
    ahead = made.clock.now() + timedelta(minutes=2)
    made.tracker.records["7"] |= {"created": ahead, "stamp": ahead + timedelta(seconds=1)}

    made.hear(made.say("tracker"))

    assert (made.case("Title"), made.issue("summary")) == ("Reboots", "Reboots")


def test_who_sets_again_what_it_was_made_with_is_heard(made: Pair) -> None:
    made.live_by("version: 1\nsyncs: []\n", rules=RULES)
    made.clock.advance(60)
    for summary in ("By engineering", "[CRM] Reboots"):
        made.hear(made.edit("tracker", summary=summary))
    made.clock.advance(60)

    made.live_by(made.sync, rules=RULES)
    made.change("tracker", sprint="7")

    assert (made.case("Title"), made.issue("summary")) == ("[CRM] Reboots", "[CRM] Reboots")


def test_an_issue_that_does_not_say_when_it_was_made_goes_by_what_it_was_made_with(
    made: Pair,
) -> None:
    made.tracker.records["7"]["created"] = None
    made.clock.advance(1)
    made.tracker.edit("7", priority="Low")

    made.hear(made.say("tracker"))

    assert made.issue("summary") == "Reboots"
    assert [row.step for row in made.owed() if row.state == "held"] == ["ask:severity/priority"]
