"""Feedback → task: from the feedback's event until the task it asked for exists. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.canonical.event import Origin
from bridge.insight.case import BACKFILL, Beginning, Case
from bridge.insight.number import Mark, Number, mark, outcomes

NOT_ASKED = "no rule asked for a task, or the task was dismissed"
DEAD = "its create is dead: a person is needed"
MAKING = "the task is being made"


@dataclass(frozen=True, kw_only=True)
class Task:
    """The link a feedback's event reserved. `create`: the state of the delivery that makes the task."""

    link: str
    ref: str | None
    state: str
    made_at: datetime | None
    create: str | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An event of a feedback, with a task it asked for, or none."""

    seq: int
    event: str
    subject: str
    origin: str
    occurred_at: datetime
    task: Task | None = None

    @property
    def beginning(self) -> Beginning:
        return Beginning(seq=self.seq, event=self.event, subject=self.subject, at=self.occurred_at)


class FeedbackToTask(Number):
    median: Mark | None
    p85: Mark | None


def case(asked: Asked, *, until: datetime) -> Case:
    """What had become of it at `until`."""
    task, begun = asked.task, asked.beginning
    if asked.origin == Origin.BACKFILL:
        return begun.left_out(BACKFILL)
    if task is None:
        return begun.left_out(NOT_ASKED)
    if task.made_at is None or task.made_at > until:
        return begun.still_open(missing(task))
    return begun.ended(task.made_at, by=task.link)


def missing(task: Task) -> str:
    """Why the task is not there."""
    return DEAD if task.create == "dead" else MAKING


def number(cases: Sequence[Case]) -> FeedbackToTask:
    return FeedbackToTask(
        **outcomes(cases).model_dump(), median=mark(cases, 50), p85=mark(cases, 85)
    )
