"""What a number says: how many, the typical and the late one, what is open, what is left out. Pure."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bridge.insight.case import Case, Standing, counted, length, oldest, reasons
from bridge.insight.percentile import percentile


class Mark(BaseModel):
    """A length, and the event of the one case that has it."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    event: str


class Number(BaseModel):
    """`n` cases count. `open` and `excluded` say how many do not, by reason."""

    model_config = ConfigDict(frozen=True)

    n: int
    open: dict[str, int] = Field(default={}, description="Not ended yet, by what is missing.")
    excluded: dict[str, int] = Field(default={}, description="Left out, by reason.")
    events: str = Field(default="", description="Where the events behind it are, page by page.")


def mark(cases: Sequence[Case], percent: int) -> Mark | None:
    """The case at a percentile of those that count."""
    found = percentile(counted(cases), percent, by=length)
    return None if found is None else Mark(seconds=length(found), event=found.event)


def waiting_longest(cases: Sequence[Case], *, until: datetime) -> Mark | None:
    """How long the oldest open case has been open."""
    found = oldest(cases)
    if found is None:
        return None
    return Mark(seconds=(until - found.at).total_seconds(), event=found.event)


def outcomes(cases: Sequence[Case]) -> Number:
    """The parts that every number has."""
    return Number(
        n=len(counted(cases)),
        open=reasons(cases, Standing.OPEN),
        excluded=reasons(cases, Standing.EXCLUDED),
    )
