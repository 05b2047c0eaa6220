"""Feedback that nobody answers, and work that nobody moves: what they rest on, event by event."""

import pytest

from timers.hourglass import Hourglass


@pytest.fixture
def asked(glass: Hourglass) -> Hourglass:
    """A case of Monday, 09:00 UTC, which is to be answered within a business day."""
    glass.live_by("silence feedback.unanswered after: 1 business day")
    glass.case(Title="Reboots", Status="todo")
    return glass


@pytest.fixture
def moving(glass: Hourglass) -> Hourglass:
    """An issue in progress, which is to move within two business days."""
    glass.live_by("still work.stalled after: 2 business days")
    glass.work(status="in_progress", summary="A")
    return glass


def test_feedback_that_nobody_took_up_is_told(asked: Hourglass) -> None:
    asked.turn_to("2026-11-24T08:59")
    assert asked.told == []
    asked.turn_to("2026-11-24T09:05")

    assert asked.told == ["silence 1 11-24 09:00"]
    assert asked.events[0].kind == "feedback.unanswered"


@pytest.mark.parametrize("status", ["in_progress", "done"])
def test_a_status_that_moves_on_answers(asked: Hourglass, status: str) -> None:
    asked.case(Title="Reboots", Status=status)
    assert asked.timers == {}
    asked.turn_to("2026-11-30T09:00")

    assert asked.told == []


def test_a_comment_of_staff_answers(asked: Hourglass) -> None:
    asked.remark("r1", by="ann")
    assert asked.timers == {}
    asked.turn_to("2026-11-30T09:00")

    assert asked.told == []


def test_what_the_customer_adds_or_staff_say_among_themselves_answers_nothing(
    asked: Hourglass,
) -> None:
    asked.remark("r1", by="a customer")
    asked.remark("r2", by="ann", public=False)
    asked.turn_to("2026-11-30T09:00")

    assert asked.told == ["silence 1 11-24 09:00"]


def test_an_answer_that_came_before_what_it_answers_counts(glass: Hourglass) -> None:
    """The comment's message was faster than the case's."""
    glass.live_by("silence feedback.unanswered after: 1 business day")
    glass.town.tell(
        "crm",
        {"object": "Case", "id": "1", "fields": {"Title": "A"}},
        {"object": "Remark", "id": "r1", "fields": {"Parent": "crm:Case:1", "Author": "ann"}},
    )
    glass.town.settle()
    glass.turn_to("2026-11-30T09:00")

    assert glass.told == []


def test_feedback_that_is_reopened_is_to_be_answered_again(asked: Hourglass) -> None:
    asked.remark("r1", by="ann")
    asked.case(Title="Reboots", Status="done")
    asked.turn_to("2026-11-26T10:00")
    asked.case(Title="Reboots", Status="todo")
    asked.turn_to("2026-11-27T10:01")

    assert asked.told == ["silence 1 11-27 10:00"]


def test_another_title_gives_no_more_time(asked: Hourglass) -> None:
    asked.turn_to("2026-11-23T15:00")
    asked.case(Title="Reboots every night", Status="todo")

    assert asked.timers == {"silence 1": "11-24 09:00"}


def test_work_that_nobody_moves_is_told(moving: Hourglass) -> None:
    moving.turn_to("2026-11-25T09:05")

    assert moving.told == ["still 1 11-25 09:00"]
    moving.turn_to("2026-12-25T09:05")
    assert len(moving.told) == 1


def test_a_change_gives_it_time_anew_and_a_second_silence_is_told_too(moving: Hourglass) -> None:
    moving.turn_to("2026-11-24T12:00")
    moving.work(status="in_progress", due="2026-12-24T12:00:00Z", summary="A")
    moving.turn_to("2026-11-26T12:05")
    moving.work(status="in_progress", due="2026-12-23T12:00:00Z", summary="A")
    moving.turn_to("2026-11-30T12:10")

    assert moving.told == ["still 1 11-26 12:00", "still 1 11-30 12:05"]


def test_what_no_source_tracks_is_no_movement(moving: Hourglass) -> None:
    moving.turn_to("2026-11-24T12:00")
    moving.work(status="in_progress", key="ENG-2", summary="A")

    assert moving.timers == {"still 1": "11-25 09:00"}


def test_a_comment_gives_it_time_anew(moving: Hourglass) -> None:
    moving.turn_to("2026-11-24T12:00")
    moving.note("n1")
    moving.turn_to("2026-11-25T09:05")
    assert moving.told == []
    assert moving.timers == {"still 1": "11-26 12:00"}
    moving.turn_to("2026-11-26T12:05")

    assert moving.told == ["still 1 11-26 12:00"]


@pytest.mark.parametrize("status", ["todo", "done"])
def test_work_that_is_not_in_progress_is_not_stalled(moving: Hourglass, status: str) -> None:
    moving.work(status=status, summary="A")
    moving.turn_to("2026-12-25T09:05")

    assert moving.told == []
