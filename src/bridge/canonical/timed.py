"""Events that time makes: what they are called, and the kind of record they are about."""

from collections.abc import Mapping

DUE_SOON, OVERDUE, STALLED = "work.due_soon", "work.overdue", "work.stalled"
UNANSWERED = "feedback.unanswered"
TIMED: Mapping[str, str] = {
    DUE_SOON: "work_item",
    OVERDUE: "work_item",
    STALLED: "work_item",
    UNANSWERED: "feedback",
}


def record_kind(event: str) -> str:
    """The record kind of an event by the event's own: `work_item` of `work.overdue`."""
    return TIMED.get(event) or event.partition(".")[0]
