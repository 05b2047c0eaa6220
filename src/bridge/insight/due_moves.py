"""Due dates moved, and by how much. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.insight.case import Beginning, Case, Standing, counted, length
from bridge.insight.number import Number, outcomes
from bridge.insight.percentile import percentile

FIRST = "set for the first time"
GONE = "taken away"
SAME = "the same moment, written differently"
NO_TIME = "not a date"
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One change of a due date; the values as the history keeps them."""

    seq: int
    event: str
    record: str
    at: datetime
    before: Any
    after: Any


class Shift(BaseModel):
    """Days a date moved by, negative for earlier, and the event that says so."""

    model_config = ConfigDict(frozen=True)

    days: float
    event: str


class DueMoves(Number):
    """`n` moves of due dates of `records` records."""

    records: int
    later: int
    earlier: int
    median: Shift | None = Field(description="The typical move.")
    largest: Shift | None = Field(description="The move that went furthest back in time or on.")
    total_days: float | None = Field(description="All moves added; null when there is none.")


def case(moved: Moved) -> Case:
    begun = Beginning(seq=moved.seq, event=moved.event, subject=moved.record, at=moved.at)
    if moved.before is None:
        return begun.left_out(FIRST)
    if moved.after is None:
        return begun.left_out(GONE)
    before, after = _moment(moved.before), _moment(moved.after)
    if before is None or after is None:
        return begun.left_out(NO_TIME)
    if before == after:
        return begun.left_out(SAME)
    seconds = (after - before).total_seconds()
    return Case(**vars(begun), standing=Standing.COUNTED, seconds=seconds)


def number(cases: Sequence[Case]) -> DueMoves:
    moves = counted(cases)
    furthest = max(moves, key=lambda one: abs(length(one)), default=None)
    return DueMoves(
        **outcomes(cases).model_dump(),
        records=len({one.subject for one in moves}),
        later=sum(length(one) > 0 for one in moves),
        earlier=sum(length(one) < 0 for one in moves),
        median=_shift(percentile(moves, 50, by=length)),
        largest=_shift(furthest),
        total_days=sum(length(one) for one in moves) / DAY if moves else None,
    )


def _shift(found: Case | None) -> Shift | None:
    return None if found is None else Shift(days=length(found) / DAY, event=found.event)


def _moment(value: Any) -> datetime | None:
    """A date is its midnight in UTC."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
