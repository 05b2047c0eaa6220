"""The arithmetic: what became of each update, by asking the sink; percentiles; medians. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pydantic import BaseModel, ConfigDict

from bench.load import Sent
from bench.raw import Raw
from bench.result import Fate, Round
from bench.sink import Write
from bench.webhook import case_id

TAKEN = 202


@dataclass(frozen=True, kw_only=True)
class Used:
    """CPU seconds of our processes, of the database's server, of sink and generator; calls made."""

    cpu: float
    database: float
    sink: float
    generator: float
    calls: int

    def __sub__(self, before: "Used") -> "Used":
        return Used(
            cpu=self.cpu - before.cpu,
            database=self.database - before.database,
            sink=self.sink - before.sink,
            generator=self.generator - before.generator,
            calls=self.calls - before.calls,
        )


@dataclass(kw_only=True)
class Seconds:
    """How long a load took: until the last answer, and until the last write."""

    sending: float = 0.0
    writing: float = 0.0


class Spread(BaseModel):
    """The median of some rounds, with the lowest and the highest."""

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float


def judged(
    sent: Sequence[Sent],
    writes: Sequence[Write],
    used: Used,
    seconds: Seconds,
    *,
    peaks: Sequence[float],
    idle: float | None,
    alone: Raw | None,
) -> Round:
    """The figures of a round."""
    taken = [one for one in sent if one.status == TAKEN]
    waits = [1000 * (one.answered - one.sent) for one in taken]
    delays = [1000 * (at - one.sent) for one, at in _written(sent, writes)]
    calls = [1000 * (at - one.answered) for one, at in _written(sent, writes)]
    became, ms = fate(sent, writes), 1000 / len(sent)
    return Round(
        accepted=len(taken) / seconds.sending,
        events=(len(taken) - became.lost) / seconds.writing,
        acknowledged_p50=percentile(waits, 0.5),
        acknowledged_p95=percentile(waits, 0.95),
        acknowledged_p99=percentile(waits, 0.99),
        delivered_p50=percentile(delays, 0.5),
        delivered_p95=percentile(delays, 0.95),
        delivered_p99=percentile(delays, 0.99),
        called_p50=percentile(calls, 0.5),
        called_p99=percentile(calls, 0.99),
        cpu_ms=used.cpu * ms,
        database_cpu_ms=used.database * ms or None,
        generator_cpu_ms=used.generator * ms,
        sink_cpu_ms=used.sink * ms,
        peak_mb=max(peaks),
        growth_percent=growth(peaks),
        idle_percent=idle,
        calls=used.calls / len(sent),
        fate=became,
        raw_inserts=alone.inserts if alone else None,
        raw_rows=alone.rows if alone else None,
        raw_claims=alone.claims if alone else None,
    )


def growth(peaks: Sequence[float]) -> float | None:
    """By how many percent the second half of a load raised the peak; nothing for a load in one."""
    if len(peaks) < 2:
        return None
    return 100 * (peaks[-1] / peaks[len(peaks) // 2 - 1] - 1)


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


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed (nearest rank). 0 for nothing."""
    if not values:
        return 0.0
    rank = -(-len(values) * share // 1)  # rounded up
    return sorted(values)[max(1, int(rank)) - 1]


def spread(values: Sequence[float]) -> Spread:
    return Spread(median=median(values), low=min(values), high=max(values))


def _written(sent: Sequence[Sent], writes: Sequence[Write]) -> list[tuple[Sent, float]]:
    """Each update that was written, and when first; what never arrived is left out."""
    first: dict[int, float] = {}
    for write in writes:
        first.setdefault(write.number, write.at)
    return [(one, first[one.number]) for one in sent if one.number in first]
