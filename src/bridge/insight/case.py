"""A case: one thing that a number counts, that is still open, or that it leaves out. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BACKFILL = "backfill: it was there before Bridge"
CLOCKS = "the clocks disagree: it ended before it began"


class Standing(StrEnum):
    COUNTED = "counted"
    OPEN = "open"  # not ended yet
    EXCLUDED = "excluded"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Where it began, how it ended, and whether it counts; `reason` says why not, or what is missing.

    `seq` is its place in the list. `seconds` is how long it took, or how far a date moved;
    `None` unless it counts. `ended_by` is the id of the event, delivery or link that ended it.
    """

    seq: int
    event: str
    subject: str
    at: datetime
    standing: Standing
    reason: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None
    seconds: float | None = None
    department: str | None = None  # of who ended it


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What all cases say in the same way."""

    seq: int
    event: str
    subject: str
    at: datetime

    def ended(self, at: datetime, *, by: str | None = None, department: str | None = None) -> Case:
        """It counts; unless two systems' clocks disagree so far that it ended before it began."""
        seconds = (at - self.at).total_seconds()
        if seconds < 0:
            return self.left_out(CLOCKS)
        return Case(
            **vars(self),
            standing=Standing.COUNTED,
            ended_at=at,
            ended_by=by,
            seconds=seconds,
            department=department,
        )

    def still_open(self, reason: str) -> Case:
        return Case(**vars(self), standing=Standing.OPEN, reason=reason)

    def left_out(self, reason: str) -> Case:
        return Case(**vars(self), standing=Standing.EXCLUDED, reason=reason)


def counted(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.standing is Standing.COUNTED]


def reasons(cases: Iterable[Case], standing: Standing) -> dict[str, int]:
    """How many cases of a standing there are, by reason, the most frequent first."""
    found = Counter(case.reason for case in cases if case.standing is standing)
    return dict(found.most_common())


def length(case: Case) -> float:
    """What a case counts with."""
    return case.seconds or 0.0


def oldest(cases: Sequence[Case]) -> Case | None:
    """The open case that began first."""
    still = [case for case in cases if case.standing is Standing.OPEN]
    return min(still, key=lambda case: case.at, default=None)
