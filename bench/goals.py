"""What the benchmark should reach, figure by figure, and whether a run did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from bench import cells
from bench.cell import Cell
from bench.result import Report, Round
from bench.tally import Spread, spread

Figure = Callable[[Round], Any]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A figure of a cell, or its ratio to another cell's of the same round.

    least, most  what it should reach; neither: it is only told
    """

    name: str
    cell: Cell
    figure: Figure
    beside: Cell | None = None
    least: float | None = None
    most: float | None = None
    decimals: int = 0

    @property
    def wanted(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:,g}"
        return "" if self.most is None else f"≤ {self.most:,g}"

    def met(self, found: Spread) -> bool | None:
        """By its median. Nothing for what is only told."""
        if self.least is not None:
            return found.median >= self.least
        return None if self.most is None else found.median <= self.most


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One line of the table of goals."""

    name: str
    wanted: str
    found: Spread
    met: bool | None
    decimals: int


CPU, EVENTS, CALLS = attrgetter("cpu_ms"), attrgetter("events"), attrgetter("calls")
NAMES = ("SQLite", "PostgreSQL")  # in the order of `cells.SERVED`
FAULTS = ("lost", "doubled", "disordered")


def goals() -> Iterator[Goal]:
    """All of them, in the order of the documentation."""
    yield from _each("CPU at saturation, × naive", cells.SERVED, CPU, cells.NAIVE, most=(1.3, 1.5))
    yield from _each("CPU, one call each, × naive", cells.SINGLE, CPU, cells.NAIVE, most=(2.5, 2.5))
    yield from _each("CPU ms per event at 20/s", cells.STEADY, CPU, most=(6, 6), decimals=1)
    yield from _each("events /s, end to end", cells.SERVED, EVENTS, least=(800, 1_000))
    yield from _each("events /s, hot keys", cells.HOT, EVENTS, least=(400, 500))
    waits = attrgetter("acknowledged_p99")
    yield from _each("acknowledged p99 ms, half rate", cells.HALF, waits, most=(100, 50))
    yield from _each("calls per event, queued", cells.QUEUED, CALLS, most=(0.01, 0.01), decimals=4)
    yield from _each("calls per event, 1,000/s", cells.ARRIVAL, CALLS, decimals=4)
    idle = attrgetter("idle_percent")
    yield from _each("idle, % of a core", cells.IDLE, idle, most=(1, 1), decimals=2)
    wake = attrgetter("called_p50")
    yield from _each("acknowledged to called ms, idle", cells.IDLE, wake, most=(50, 50), decimals=1)
    yield Goal(
        name="three workers, × one, PostgreSQL",
        cell=cells.THREE_WORKERS,
        figure=EVENTS,
        beside=cells.ONE_WORKER,
        least=2.5,
        decimals=2,
    )
    yield from _each("CPU after 100,000 deliveries, × before", cells.PAST, CPU, cells.SERVED)
    peak, grown = attrgetter("peak_mb"), attrgetter("growth_percent")
    yield from _each("peak MB a process", cells.LONG, peak, most=(200, 200))
    yield from _each("growth in the second half, %", cells.LONG, grown, most=(5, 5), decimals=1)


def reached(report: Report) -> Iterator[Reached]:
    """What a run says of each goal that it has measured, and of what went wrong in all of its cells."""
    rounds = {one.cell.alike: one.rounds for one in report.measured}
    for goal in goals():
        values = _values(goal, rounds)
        if values:
            found = spread(values)
            yield Reached(
                name=goal.name,
                wanted=goal.wanted,
                found=found,
                met=goal.met(found),
                decimals=goal.decimals,
            )
    ours = [one for one in report.measured if one.cell.database != "memory"]
    for fault in FAULTS:
        count = sum(getattr(turn.fate, fault) for one in ours for turn in one.rounds)
        name = f"{fault.replace('disordered', 'out of order')}, in all cells and rounds"
        yield Reached(name=name, wanted="0", found=spread([count]), met=not count, decimals=0)


def _each(
    name: str,
    both: Sequence[Cell],
    figure: Figure,
    beside: Cell | Sequence[Cell] | None = None,
    *,
    least: tuple[float, float] | None = None,
    most: tuple[float, float] | None = None,
    decimals: int = 0,
) -> Iterator[Goal]:
    """The same for either database."""
    for number, cell in enumerate(both):
        yield Goal(
            name=f"{name}, {NAMES[number]}",
            cell=cell,
            figure=figure,
            beside=beside[number] if isinstance(beside, Sequence) else beside,
            least=least[number] if least else None,
            most=most[number] if most else None,
            decimals=2 if beside else decimals,
        )


def _values(goal: Goal, rounds: dict[Cell, list[Round]]) -> list[float]:
    own = [goal.figure(one) for one in rounds.get(goal.cell.alike, [])]
    if goal.beside is None:
        return own
    others = [goal.figure(one) for one in rounds.get(goal.beside.alike, [])]
    return [one / other for one, other in zip(own, others, strict=False)]
