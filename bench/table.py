"""The figures as people read them: a table on the terminal, or Markdown for the documentation."""

from collections.abc import Callable, Iterator, Sequence

from rich.table import Table

from bench.cell import DATABASES
from bench.goals import reached
from bench.result import Measured, Report, Round
from bench.tally import Spread, spread

Figure = Callable[[Round], float | None]


def _percent(part: float, whole: float | None) -> float | None:
    return None if whole is None else 100 * part / whole


GOALS = ("figure", "goal", "measured", "met")
FIGURES: tuple[tuple[str, Figure, int], ...] = (  # label, figure, decimals
    ("accepted /s", lambda one: one.accepted, 0),
    ("events /s, end to end", lambda one: one.events, 0),
    ("acknowledged p50 ms", lambda one: one.acknowledged_p50, 1),
    ("acknowledged p95 ms", lambda one: one.acknowledged_p95, 1),
    ("acknowledged p99 ms", lambda one: one.acknowledged_p99, 1),
    ("delivered p50 ms", lambda one: one.delivered_p50, 0),
    ("delivered p95 ms", lambda one: one.delivered_p95, 0),
    ("delivered p99 ms", lambda one: one.delivered_p99, 0),
    ("acknowledged to called p50 ms", lambda one: one.called_p50, 1),
    ("acknowledged to called p99 ms", lambda one: one.called_p99, 1),
    ("CPU ms per event", lambda one: one.cpu_ms, 2),
    ("server's CPU ms per event", lambda one: one.database_cpu_ms, 2),
    ("generator's CPU ms per event", lambda one: one.generator_cpu_ms, 2),
    ("sink's CPU ms per event", lambda one: one.sink_cpu_ms, 2),
    ("peak memory MB a process", lambda one: one.peak_mb, 0),
    ("peak's growth in the second half, %", lambda one: one.growth_percent, 1),
    ("idle, % of a core", lambda one: one.idle_percent, 2),
    ("API calls per event", lambda one: one.calls, 3),
    ("refused", lambda one: one.fate.refused, 0),
    ("lost", lambda one: one.fate.lost, 0),
    ("overtaken", lambda one: one.fate.overtaken, 0),
    ("doubled", lambda one: one.fate.doubled, 0),
    ("out of order", lambda one: one.fate.disordered, 0),
    ("raw inserts, events /s", lambda one: one.raw_inserts, 0),
    ("raw inserts, rows /s", lambda one: one.raw_rows, 0),
    ("raw claims /s", lambda one: one.raw_claims, 0),
    ("accepted, % of raw inserts", lambda one: _percent(one.accepted, one.raw_inserts), 1),
    ("events, % of raw inserts", lambda one: _percent(one.events, one.raw_inserts), 1),
)


def tables(report: Report) -> Iterator[Table]:
    """The goals, and one for each database."""
    goals = Table(*GOALS, title="goals: median (lowest to highest)", title_justify="left")
    for row in _goals(report):
        goals.add_row(*row)
    yield goals
    for database, cells in _by_database(report):
        table = Table("", title=f"{database}: median (lowest to highest)", title_justify="left")
        for one in cells:
            table.add_column(one.cell.name, justify="right")
        for row in _rows(cells):
            table.add_row(*row)
        yield table


def markdown(report: Report) -> str:
    """The same, to be pasted into docs/benchmarks.md."""
    rounds = max((len(one.rounds) for one in report.measured), default=0)
    about = (
        f"{report.began:%Y-%m-%d %H:%M} UTC, commit {report.commit or 'unknown'}, {report.machine}."
        f" Load average before the run: {report.load_average}. Rounds: {rounds}, interleaved;"
        " median (lowest to highest)."
    )
    lines = [
        about,
        "",
        _line(GOALS),
        _line(["---", "--:", "--:", "---"]),
        *map(_line, _goals(report)),
    ]
    for database, cells in _by_database(report):
        head = ["", *(one.cell.name for one in cells)]
        lines += ["", f"**{database}**", "", _line(head), _line(["---", *["--:"] * len(cells)])]
        lines += [_line(row) for row in _rows(cells)]
    return "\n".join(lines)


def _goals(report: Report) -> Iterator[list[str]]:
    for one in reached(report):
        met = {True: "yes", False: "no", None: ""}[one.met]
        yield [one.name, one.wanted, _shown(one.found, one.decimals), met]


def _by_database(report: Report) -> Iterator[tuple[str, list[Measured]]]:
    for database in DATABASES:
        cells = [one for one in report.measured if one.cell.database == database and one.rounds]
        if cells:
            yield database, cells


def _rows(cells: Sequence[Measured]) -> Iterator[list[str]]:
    for label, figure, decimals in FIGURES:
        found = [_spread(one, figure) for one in cells]
        if any(found):
            yield [label, *(_shown(one, decimals) if one else "" for one in found)]


def _spread(measured: Measured, figure: Figure) -> Spread | None:
    values = [value for one in measured.rounds if (value := figure(one)) is not None]
    return spread(values) if values else None


def _shown(found: Spread, decimals: int) -> str:
    middle, low, high = (
        f"{value:,.{decimals}f}" for value in (found.median, found.low, found.high)
    )
    return middle if low == high else f"{middle} ({low} to {high})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
