"""Another set of rules: what is to come is planned anew, and what lies behind is left alone."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bridge.ledger.tables import RecordRow
from bridge.pipeline.timing.replanning import SETTLED, replan
from bridge.rules.tables import RuleSetRow
from timers.hourglass import Hourglass

LATE = "late work.overdue after: 3 days"
SOONER = "late work.overdue after: 1 day"
LATER = "late work.overdue after: 5 days"


@pytest.fixture
def before(glass: Hourglass) -> Hourglass:
    """Issues that were there before any rule asked for time: past, in its window, and to come."""
    glass.live_by("other work_item.created")
    glass.work("1", due="2026-11-10T12:00:00Z")
    glass.work("2", due="2026-11-22T12:00:00Z")
    glass.work("3", due="2026-11-27T12:00:00Z")
    glass.work("4", due="2026-11-27T12:00:00Z", status="done")
    glass.work("5")
    return glass


def test_a_new_rule_takes_what_is_to_come_and_leaves_what_lies_behind(before: Hourglass) -> None:
    before.live_by(LATE)

    assert before.timers == {"late 2": "11-25 12:00", "late 3": "11-30 12:00"}
    assert before.told == []


def test_a_new_rule_may_tell_what_lies_behind_too_and_once(before: Hourglass) -> None:
    before.live_by(f"{LATE}; existing: tell")
    before.keep()

    assert before.told == ["late 1 11-23 09:01"]
    assert before.posts[-1] == "late, late: false"
    before.live_by(LATE)
    before.live_by(f"{LATE}; existing: tell")
    assert len(before.told) == 1


def test_what_is_soon_when_the_rule_comes_is_told(before: Hourglass) -> None:
    before.live_by("soon work.due_soon before: 7 days")

    assert before.told == ["soon 3 11-23 09:01"]


def test_a_shorter_term_tells_what_was_waiting_for_the_longer_one(glass: Hourglass) -> None:
    glass.live_by(LATE)
    glass.work("1", due="2026-11-23T12:00:00Z")
    glass.turn_to("2026-11-25T12:00")

    glass.live_by(SOONER)

    assert glass.told == ["late 1 11-25 12:00"]


def test_a_longer_term_tells_nothing_twice(glass: Hourglass) -> None:
    glass.live_by(SOONER)
    glass.work("1", due="2026-11-23T12:00:00Z")
    glass.turn_to("2026-11-24T12:00")

    glass.live_by(LATER)
    glass.turn_to("2026-12-24T12:00")

    assert glass.told == ["late 1 11-24 12:00"]


def test_a_longer_term_puts_off_what_is_waiting_also_before_the_leader_has_looked(
    glass: Hourglass,
) -> None:
    glass.live_by(SOONER)
    glass.work("1", due="2026-11-23T12:00:00Z")
    glass.turn_to("2026-11-24T11:59:55")
    glass.activate(LATER)
    glass.turn(timedelta(seconds=10))

    assert glass.told == []
    assert glass.timers == {"late 1": "11-28 12:00"}


def test_a_rule_that_is_gone_tells_nothing_and_its_timers_go(glass: Hourglass) -> None:
    glass.live_by(LATE)
    glass.work("1", due="2026-11-23T12:00:00Z")
    glass.live_by("other work_item.created")

    assert glass.timers == {}
    glass.turn_to("2026-12-24T12:00")
    assert glass.told == []


def test_a_rule_that_was_away_takes_what_changed_meanwhile(glass: Hourglass) -> None:
    glass.live_by(LATE)
    glass.work("1", due="2026-11-23T12:00:00Z")
    glass.activate("other work_item.created")
    glass.work("1", due="2026-11-24T12:00:00Z")
    glass.work("2", due="2026-11-25T12:00:00Z")
    glass.live_by(LATE)

    assert glass.timers == {"late 1": "11-27 12:00", "late 2": "11-28 12:00"}


def test_a_set_between_that_cannot_be_loaded_any_more_counts_as_one_without_the_rule(
    glass: Hourglass,
) -> None:
    glass.live_by(LATE)
    glass.activate("other work_item.created")
    glass.work("1", due="2026-11-25T12:00:00Z")
    glass.activate(LATE)
    spoilt = {"rules/r.yaml": "version: 2"}
    with glass.town.database.transaction() as session:
        active = glass.town.world.sets.active(session).hash
        session.execute(update(RuleSetRow).where(RuleSetRow.hash != active).values(files=spoilt))
    glass.restart()
    glass.turn(SETTLED)

    assert glass.timers == {"late 1": "11-28 12:00"}


def test_a_set_that_says_the_same_of_time_looks_through_nothing(before: Hourglass) -> None:
    before.live_by(LATE)
    before.activate(LATE, "other work_item.created")
    before.town.clock.advance(SETTLED)

    with before.town.counting() as statements:
        before.keep()

    assert [one for one in statements if "FROM record" in one] == []
    assert before.timers == {"late 2": "11-25 12:00", "late 3": "11-30 12:00"}


def test_records_are_looked_through_in_chunks_that_a_restart_goes_on_with(glass: Hourglass) -> None:
    glass.live_by("other work_item.created")
    for number in range(1, 6):
        glass.work(str(number), due="2026-11-27T12:00:00Z")
    glass.activate(LATE)
    glass.town.clock.advance(SETTLED)

    seen = []
    for _ in range(4):
        glass.restart()
        replan(glass.town.world, chunk=2)
        seen.append(len(glass.timers))

    assert seen == [2, 4, 5, 5]
    with glass.town.counting() as statements:
        assert replan(glass.town.world, chunk=2) == 0
    assert [one for one in statements if not one.startswith("SELECT")] == []


def test_it_waits_until_who_began_under_the_set_before_has_ended(before: Hourglass) -> None:
    before.activate(LATE)
    before.turn(SETTLED - timedelta(seconds=1))
    assert before.timers == {}

    before.turn(timedelta(seconds=1))

    assert len(before.timers) == 2


def test_a_calendar_that_changed_plans_anew(glass: Hourglass) -> None:
    glass.live_by("late work.overdue after: 1 business day; calendar: shanghai")
    glass.work("1", due="2026-11-25T12:00:00Z")
    assert glass.timers == {"late 1": "11-27 01:00"}

    glass.town.calendars = {**glass.town.calendars, "shanghai": glass.town.calendars["default"]}
    glass.restart()
    glass.keep()

    assert glass.timers == {"late 1": "11-26 12:00"}


def test_what_was_first_seen_as_history_is_left_alone(glass: Hourglass) -> None:
    glass.live_by(LATE)
    glass.town.tell(
        "tracker",
        {"object": "issue", "id": "1", "act": "updated", "fields": {"due": "2026-11-10T12:00:00Z"}},
        {"object": "issue", "id": "2", "act": "updated", "fields": {"due": "2026-11-22T12:00:00Z"}},
    )
    glass.town.settle()
    glass.keep()

    assert glass.told == []
    assert glass.timers == {"late 2": "11-25 12:00"}


def test_records_of_before_their_times_were_kept_count_from_when_they_were_last_told(
    glass: Hourglass,
) -> None:
    glass.live_by("other work_item.created")
    glass.work("1", status="in_progress")
    forgotten = update(RecordRow).values(changed_at=None, status_at=None)
    glass.town.act(lambda session: session.execute(forgotten))
    glass.live_by("still work.stalled after: 1 business day")

    assert glass.timers == {"still 1": "11-24 09:00"}
