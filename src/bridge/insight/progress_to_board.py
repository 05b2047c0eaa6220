"""Progress → board: from engineering's event until the customer side's record shows it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.canonical.event import Origin
from bridge.insight.case import BACKFILL, Beginning, Case
from bridge.insight.number import Mark, Number, mark, outcomes

NEW_LINK = "the link was new: nothing had moved"
ON_ITS_WAY = "on its way"
HELD = "it is held: a person must decide"
DEAD = "it is dead: a person is needed"
LEFT_OUT = {
    "unchanged": "the board said so already",
    "merged": "it went out inside another's call",
    "superseded": "a newer one says it all",
    "expired": "it was too late to send",
    "cancelled": "a person cancelled it",
}


@dataclass(frozen=True, kw_only=True)
class Write:
    """A delivery to the customer side that an event of a work item caused."""

    seq: int
    event: str
    kind: str  # of the event
    subject: str
    origin: str
    occurred_at: datetime
    delivery: str
    state: str
    finished_at: datetime | None

    @property
    def beginning(self) -> Beginning:
        return Beginning(seq=self.seq, event=self.event, subject=self.subject, at=self.occurred_at)


class ProgressToBoard(Number):
    p50: Mark | None
    p95: Mark | None


def case(write: Write, *, until: datetime) -> Case:
    """What had become of it at `until`."""
    begun = write.beginning
    if write.origin == Origin.BACKFILL:
        return begun.left_out(BACKFILL)
    if write.kind.endswith(".linked"):
        return begun.left_out(NEW_LINK)
    if write.finished_at is None or write.finished_at > until:
        return begun.still_open(HELD if write.state == "held" else ON_ITS_WAY)
    if write.state == "succeeded":
        return begun.ended(write.finished_at, by=write.delivery)
    if write.state in LEFT_OUT:
        return begun.left_out(LEFT_OUT[write.state])
    return begun.still_open(DEAD if write.state == "dead" else ON_ITS_WAY)


def number(cases: Sequence[Case]) -> ProgressToBoard:
    return ProgressToBoard(**outcomes(cases).model_dump(), p50=mark(cases, 50), p95=mark(cases, 95))
