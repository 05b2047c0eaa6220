"""What time makes: once, when it is due, of a record as it stands then."""

import threading
from typing import Any

import pytest
from sqlalchemy import delete

from bridge.db import Database
from bridge.timers.tables import TimerRow
from clocks import FakeClock
from pipeline.town import Town
from timers.hourglass import CALENDARS, Hourglass, utc

OVERDUE = "late work.overdue after: 1 business day"
DUE = "2026-11-25T12:00:00Z"  # a Wednesday


@pytest.fixture
def waiting(glass: Hourglass) -> Hourglass:
    """An issue that is due on Wednesday at noon, and told a business day later."""
    glass.live_by(OVERDUE)
    glass.work(due=DUE, status="todo")
    return glass


def test_an_event_comes_when_it_is_due_and_once(waiting: Hourglass) -> None:
    waiting.turn_to("2026-11-26T11:59")
    assert waiting.told == []

    waiting.turn_to("2026-11-26T12:00")
    waiting.turn_to("2026-12-26T12:00")

    assert waiting.told == ["late 1 11-26 12:00"]
    assert waiting.posts == ["late, late: false"]
    assert waiting.timers == {}


def test_the_event_is_of_the_record_as_it_stands_and_says_why_it_came(waiting: Hourglass) -> None:
    waiting.work(due=DUE, status="in_progress", summary="Reboots")
    waiting.turn_to("2026-11-26T12:00")

    (event,) = waiting.events
    assert (event.kind, event.origin, event.subject) == ("work.overdue", "clock", "tracker:issue:1")
    assert event.record == {"title": "Reboots", "status": "in_progress", "due": DUE}
    assert event.changes == []
    assert event.facts["due"] == {
        "rule": "late",
        "since": "2026-11-25T12:00:00+00:00",
        "at": "2026-11-26T12:00:00+00:00",
        "late": False,
        "said": "1 business day after due 2026-11-25 12:00 UTC (calendar default, Europe/Berlin)",
    }


def test_a_restart_between_any_two_steps_changes_nothing(glass: Hourglass) -> None:
    glass.activate(OVERDUE)
    glass.restart()
    glass.turn_to("2026-11-23T10:00")
    glass.restart()
    glass.work(due=DUE)
    glass.restart()
    glass.work(due="2026-11-24T12:00:00Z")
    glass.restart()
    glass.turn_to("2026-11-25T12:00")
    glass.restart()
    glass.keep()
    glass.restart()
    glass.turn_to("2026-11-27T12:00")

    assert glass.told == ["late 1 11-25 12:00"]
    assert len(glass.posts) == 1


def test_a_date_that_moves_takes_its_event_with_it(waiting: Hourglass) -> None:
    waiting.work(due="2026-11-27T12:00:00Z")
    assert waiting.timers == {"late 1": "11-30 12:00"}
    waiting.turn_to("2026-11-26T12:00")
    assert waiting.told == []

    waiting.work(due="2026-11-26T13:00:00Z")
    waiting.turn_to("2026-11-30T12:00")

    assert waiting.told == ["late 1 11-27 13:00"]


def test_a_date_that_moves_away_and_back_is_told_once(waiting: Hourglass) -> None:
    waiting.turn_to("2026-11-26T12:00")
    waiting.work(due="2026-12-15T12:00:00Z")
    waiting.work(due=DUE)
    waiting.turn_to("2026-12-20T12:00")

    assert waiting.told == ["late 1 11-26 12:00"]
    assert waiting.timers == {}


@pytest.mark.parametrize(
    "over", [{"status": "done"}, {"due": None}, {"due": "9999-12-31T00:00:00Z"}]
)
def test_what_is_over_or_has_no_date_is_cancelled(waiting: Hourglass, over: dict[str, Any]) -> None:
    waiting.work(**over)
    assert waiting.timers == {}
    waiting.turn_to("2026-12-20T12:00")

    assert waiting.told == []


def test_a_deleted_record_is_cancelled(waiting: Hourglass) -> None:
    waiting.delete()
    assert waiting.timers == {}
    waiting.turn_to("2026-12-20T12:00")

    assert waiting.told == []


def test_work_that_is_reopened_after_its_date_is_overdue(waiting: Hourglass) -> None:
    waiting.work(due=DUE, status="done")
    waiting.turn_to("2026-12-01T12:00")
    waiting.work(due=DUE, status="todo")
    waiting.keep()

    assert waiting.told == ["late 1 12-01 12:00"]
    assert waiting.posts == ["late, late: false"]


def test_what_time_passed_over_while_nobody_led_comes_once_and_is_late(waiting: Hourglass) -> None:
    waiting.turn_to("2026-12-20T12:00")

    assert waiting.told == ["late 1 11-26 12:00"]
    assert waiting.posts == ["late, late: true"]


def test_a_timer_that_is_there_again_makes_no_second_event(waiting: Hourglass) -> None:
    """As after a restore of this table alone, or two leaders: the event's identity is the guard."""
    with waiting.town.database.reading() as session:
        kept = session.get_one(TimerRow, ("tracker:issue:1", "late"))
    waiting.turn_to("2026-11-26T12:00")
    waiting.town.act(lambda session: session.merge(kept))

    waiting.keep()

    assert len(waiting.told) == 1
    assert len(waiting.posts) == 1
    assert waiting.timers == {}


def test_two_that_believe_they_lead_make_one_event(waiting: Hourglass) -> None:
    for number in range(2, 12):
        waiting.work(str(number), due=DUE)
    waiting.town.clock.advance(4 * 86_400)
    start = threading.Barrier(2)
    nodes = [Hourglass(waiting.town), Hourglass(waiting.town.beside())]
    threads = [threading.Thread(target=node.keep_on, args=(start,)) for node in nodes]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting.town.settle()

    assert sorted(one.split()[1] for one in waiting.told) == sorted(str(n) for n in range(1, 12))
    assert len(waiting.posts) == 11


def test_a_timer_whose_moment_is_another_by_now_is_planned_anew(waiting: Hourglass) -> None:
    """A node of the version before, which knows no timers, has applied the change."""
    with waiting.town.database.reading() as session:
        kept = session.get_one(TimerRow, ("tracker:issue:1", "late"))
    waiting.work(due="2026-12-01T12:00:00Z")
    waiting.town.act(lambda session: session.merge(kept))

    waiting.turn_to("2026-11-26T12:00")

    assert waiting.told == []
    assert waiting.timers == {"late 1": "12-02 12:00"}


def test_one_that_cannot_be_made_an_event_keeps_no_other_from_it(waiting: Hourglass) -> None:
    waiting.work("2", due=DUE)
    waiting.town.break_off_at("INSERT INTO event", times=2)

    waiting.turn_to("2026-11-26T12:00")
    assert waiting.told == ["late 2 11-26 12:00"]
    waiting.turn_to("2026-11-26T12:09")
    assert len(waiting.told) == 1
    waiting.turn_to("2026-11-26T12:10")

    assert sorted(waiting.told) == ["late 1 11-26 12:00", "late 2 11-26 12:00"]


def test_each_rule_has_its_own_term(glass: Hourglass) -> None:
    glass.live_by("soon work.due_soon before: 2 days", "at-once work.overdue", OVERDUE)
    glass.work(due="2026-11-27T12:00:00Z", promised="2026-11-24T12:00:00Z")

    glass.turn_to("2026-11-25T12:00")
    assert glass.told == ["soon 1 11-25 12:00"]
    glass.turn_to("2026-11-27T12:00")
    assert glass.told[1:] == ["at-once 1 11-27 12:00"]
    glass.turn_to("2026-11-30T12:00")
    assert glass.told[2:] == ["late 1 11-30 12:00"]


def test_the_promised_date_may_count(glass: Hourglass) -> None:
    glass.live_by("slips work.overdue of: promised")
    glass.work(due="2026-11-27T12:00:00Z", promised="2026-11-24T12:00:00Z")

    assert glass.timers == {"slips 1": "11-24 12:00"}


def test_what_is_due_tomorrow_when_it_is_told_is_due_soon_at_once(glass: Hourglass) -> None:
    glass.live_by("soon work.due_soon before: 2 days")
    glass.work("1", due="2026-11-24T12:00:00Z")
    glass.work("2", due="2026-11-20T12:00:00Z")
    glass.keep()

    assert glass.told == ["soon 1 11-23 09:00"]
    assert glass.posts == ["soon, late: false"]


def test_the_clocks_change_and_a_day_is_a_day(glass: Hourglass) -> None:
    glass.live_by("late work.overdue after: 1 day", "hours work.overdue after: 24h")
    glass.work(due="2027-03-27T09:00:00Z")  # 10:00 in Berlin; that night has an hour less

    assert glass.timers == {"hours 1": "03-28 09:00", "late 1": "03-28 08:00"}


def test_a_make_up_sunday_counts_and_the_golden_week_does_not(database: Database) -> None:
    """China works on 2026-09-20 and 2026-10-10, and not from 2026-10-01 to 07."""
    town = Town(database=database, clock=FakeClock(utc("2026-09-17T02:00")), calendars=CALENDARS)
    glass = Hourglass(town)
    glass.live_by("late work.overdue after: 1 business day; calendar: shanghai")

    glass.work("1", due="2026-09-18T02:00:00Z")
    glass.work("2", due="2026-09-30T02:00:00Z")
    glass.work("3", due="2026-10-09T02:00:00Z")
    assert glass.timers == {
        "late 1": "09-20 02:00",
        "late 2": "10-08 02:00",
        "late 3": "10-10 02:00",
    }
    glass.turn_to("2026-09-20T02:00")

    assert glass.told == ["late 1 09-20 02:00"]


def test_a_stale_fact_plans_nothing(waiting: Hourglass) -> None:
    waiting.town.tell(
        "tracker",
        {"object": "issue", "id": "1", "stamp": "2026-11-20T00:00:00+00:00", "version": "9",
         "fields": {"due": "2026-11-24T12:00:00Z"}, "moved": {"due": [None, "2026-11-24T12:00:00Z"]}},
    )  # fmt: skip
    waiting.town.settle()

    assert waiting.timers == {"late 1": "11-26 12:00"}


def test_timers_that_vanish_are_no_loss_of_the_next_change(waiting: Hourglass) -> None:
    waiting.town.act(lambda session: session.execute(delete(TimerRow)))
    waiting.work(due="2026-11-26T12:00:00Z")

    assert waiting.timers == {"late 1": "11-27 12:00"}
