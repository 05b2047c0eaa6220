"""The arithmetic: what became of each update, by asking the sink; percentiles; medians. Pure."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict

from bench.load import Sent
from bench.sink import Write
from bench.webhook import case_id

TAKEN = 202


class Fate(BaseModel):
    """What became of the updates that were acknowledged, or of all that arrived.

    refused     not acknowledged; the sender would try again
    lost        acknowledged, and neither it nor anything newer of its record arrived
    overtaken   acknowledged and never written, but a newer one of its record was, which says it all
    doubled     writes of an update that had arrived already
    disordered  writes of an update after a newer one of the same record
    """

    model_config = ConfigDict(frozen=True)

    refused: int
    lost: int
    overtaken: int
    doubled: int
    disordered: int


class Spread(BaseModel):
    """The median of some rounds, with the lowest and the highest."""

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float


def fate(sent: Sequence[Sent], writes: Sequence[Write]) -> Fate:
    """`writes` in the order of their arrival."""
    taken = [one for one in sent if one.status == TAKEN]
    arrived = Counter(write.number for write in writes)
    last: dict[str, int] = {}
    disordered = 0
    for write in writes:
        newest = last.get(write.record, write.number)
        disordered += write.number < newest
        last[write.record] = max(newest, write.number)
    missing = [one for one in taken if one.number not in arrived]
    overtaken = sum(last.get(case_id(one.record), -1) > one.number for one in missing)
    return Fate(
        refused=len(sent) - len(taken),
        lost=len(missing) - overtaken,
        overtaken=overtaken,
        doubled=arrived.total() - len(arrived),
        disordered=disordered,
    )


def delays(sent: Sequence[Sent], writes: Sequence[Write]) -> list[float]:
    """Seconds from each update's sending to its first write; what never arrived is left out."""
    first: dict[int, float] = {}
    for write in writes:
        first.setdefault(write.number, write.at)
    return [first[one.number] - one.sent for one in sent if one.number in first]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed (nearest rank). 0 for nothing."""
    if not values:
        return 0.0
    rank = -(-len(values) * share // 1)  # rounded up
    return sorted(values)[max(1, int(rank)) - 1]


def spread(values: Sequence[float]) -> Spread:
    return Spread(median=median(values), low=min(values), high=max(values))
