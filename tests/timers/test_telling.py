"""People are told why time made an event, and what it will make."""

from bridge.pipeline.explaining.event import explain
from timers.hourglass import Hourglass


def page(glass: Hourglass, what: str) -> str:
    with glass.town.database.reading() as session:
        return " ".join(explain(session, glass.town.world, what)[0].text.split())


def test_an_event_of_time_says_what_it_was_due_by(glass: Hourglass) -> None:
    glass.live_by("late work.overdue after: 1 business day")
    glass.work(key="ENG-1", due="2026-11-25T00:00:00Z")
    glass.turn_to("2026-12-20T12:00")

    said = page(glass, glass.events[0].id)

    assert (
        "because due at 2026-11-27 08:00:00 UTC: 1 business day after due 2026-11-25 (calendar default,"
        " Europe/Berlin); Bridge was not there to say so in time"
    ) in said


def test_a_record_says_what_is_to_come_of_it(glass: Hourglass) -> None:
    glass.live_by("late work.overdue", "still work.stalled after: 2h")
    glass.work(key="ENG-1", due="2026-11-25T12:00:00Z", status="in_progress")

    said = page(glass, "ENG-1")

    assert "Time will make, if nothing changes:" in said
    assert (
        "work.overdue at 2026-11-25 12:00:00 UTC for the rule late, because due 2026-11-25" in said
    )
    assert "work.stalled at 2026-11-23 11:" in said
    assert "because 2 hours after its last change or comment 2026-11-23 09:00 UTC" in said
    assert "because due at" not in said


def test_a_record_of_which_nothing_comes_says_nothing_of_time(glass: Hourglass) -> None:
    glass.live_by("late work.overdue")
    glass.work(key="ENG-1", status="done", due="2026-11-25T12:00:00Z")

    assert "Time will make" not in page(glass, "ENG-1")


def test_rules_that_cannot_be_loaded_keep_nobody_from_an_answer(glass: Hourglass) -> None:
    glass.live_by("late work.overdue")
    glass.work(key="ENG-1", due="2026-11-25T12:00:00Z")
    glass.town.spoil_rules()
    glass.restart()

    assert "cannot be loaded by this version" in page(glass, "ENG-1")
