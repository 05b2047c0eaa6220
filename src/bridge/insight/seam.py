"""Seam time: how long work lies between two departments, from handing over to the first act. Pure.

to engineering   a feedback's event asked for a task -> the first assignment or change of status of it
to the customer  work became done -> the first change of status of the feedback it is linked to
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from bridge.canonical.event import ActorKind, Origin
from bridge.canonical.record import Status
from bridge.insight.case import BACKFILL, Beginning, Case, counted
from bridge.insight.feedback_to_task import Asked, missing
from bridge.insight.number import Mark, Number, mark, outcomes, waiting_longest

STATUS = frozenset({"status", "status_name"})
UNTOUCHED = "nobody there has acted yet"
DELETED = "the task was deleted before anybody acted"
UNLINKED = "no feedback is linked to it"
LINKED_LATER = "the feedback was linked after it was done"
REOPENED = "it was taken up again before anybody acted"
CLOSED = "the feedback was closed already"
NOT_TOLD = "not told"


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A change of status or assignee of a record, and by whom; `known_at`: when Bridge heard of it."""

    event: str
    field: str
    before: Any
    after: Any
    at: datetime
    known_at: datetime
    kind: str = ""  # of the event; empty when the event is older than events are kept
    origin: str = ""
    actor_kind: str | None = None
    department: str | None = None

    @property
    def is_act(self) -> bool:
        """Somebody acted: not at the making of the record, and neither Bridge nor a machine."""
        made = self.kind.endswith(".created") or (not self.kind and self.before is None)
        return not made and self.origin != Origin.OWN and self.actor_kind != ActorKind.APP


@dataclass(frozen=True, kw_only=True)
class Done:
    """Work became done. `feedback` is linked to it since `linked_at`."""

    seq: int
    event: str
    work: str
    origin: str
    at: datetime
    feedback: str | None = None
    linked_at: datetime | None = None

    @property
    def beginning(self) -> Beginning:
        return Beginning(seq=self.seq, event=self.event, subject=self.work, at=self.at)


Touches = Mapping[str, Sequence[Touch]]  # by record, the oldest first


class Seam(Number):
    median: Mark | None
    p85: Mark | None
    oldest_open: Mark | None = Field(description="How long the oldest open one has lain.")
    ended_by: dict[str, int] = Field(description="Who acted first, by department.")


def to_engineering(asked: Asked, touches: Touches, *, until: datetime) -> Case | None:
    """Whether engineering had acted at `until`. `None`: nothing was handed over."""
    begun, task = asked.beginning, asked.task
    if task is None:
        return None
    if asked.origin == Origin.BACKFILL:
        return begun.left_out(BACKFILL)
    first = next(
        (
            touch
            for touch in _acts(touches, task.ref, since=asked.occurred_at, until=until)
            if touch.field in STATUS or touch.after is not None
        ),
        None,
    )
    if first is not None:
        return begun.ended(first.at, by=first.event, department=first.department)
    if task.state == "dead":
        return begun.left_out(DELETED)
    there = task.made_at is not None and task.made_at <= until
    return begun.still_open(UNTOUCHED if there else missing(task))


def to_customer(done: Done, touches: Touches, *, until: datetime) -> Case:
    """Whether the customer side had acted at `until`."""
    begun = done.beginning
    why_not = _why_not(done, touches)
    if why_not:
        return begun.left_out(why_not)
    acts = _acts(touches, done.feedback, since=done.at, until=until)
    first = next((touch for touch in acts if touch.field in STATUS), None)
    back = _taken_up_again(done, touches, until=until)
    if back is not None and (first is None or back < first.at):
        return begun.left_out(REOPENED)
    if first is None:
        return begun.still_open(UNTOUCHED)
    return begun.ended(first.at, by=first.event, department=first.department)


def number(cases: Sequence[Case], *, until: datetime) -> Seam:
    who = Counter(case.department or NOT_TOLD for case in counted(cases))
    return Seam(
        **outcomes(cases).model_dump(),
        median=mark(cases, 50),
        p85=mark(cases, 85),
        oldest_open=waiting_longest(cases, until=until),
        ended_by=dict(who.most_common()),
    )


def _acts(touches: Touches, record: str | None, *, since: datetime, until: datetime) -> list[Touch]:
    return [
        touch
        for touch in touches.get(record or "", ())
        if touch.is_act and touch.at >= since and touch.known_at <= until
    ]


def _why_not(done: Done, touches: Touches) -> str:
    if done.origin == Origin.BACKFILL:
        return BACKFILL
    if done.feedback is None:
        return UNLINKED
    if done.linked_at is None or done.linked_at > done.at:
        return LINKED_LATER
    known = [
        touch.after
        for touch in touches.get(done.feedback, ())
        if touch.field == "status" and touch.at < done.at
    ]
    return CLOSED if known and known[-1] == Status.DONE else ""


def _taken_up_again(done: Done, touches: Touches, *, until: datetime) -> datetime | None:
    """When the work left `done` again."""
    later = (
        touch.at
        for touch in touches.get(done.work, ())
        if touch.field == "status"
        and touch.before == Status.DONE
        and touch.at > done.at
        and touch.known_at <= until
    )
    return next(later, None)
