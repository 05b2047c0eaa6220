"""A whole run: rounds of all cells in turn, so that a slow minute of the machine meets every cell."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.cell import Cell
from bench.cells import SERVED
from bench.result import Measured, Report, Round, begun
from bench.run import measure
from embedded.postgres import Server

_COLUMNS = (
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TextColumn("{task.description}"),
)


@dataclass(kw_only=True)
class Series:
    """Which cells, how often, and for how long: after `until` (monotonic) no round begins."""

    cells: Sequence[Cell]
    rounds: int
    until: float
    server: Server
    stacks: Path | None
    _bursts: dict[str, float] = field(default_factory=dict)
    _found: dict[Cell, list[Round]] = field(default_factory=dict)

    def reports(self) -> Iterator[Report]:
        """What is known after each measurement, the last one last."""
        empty = begun()
        turns = [
            cell for turn in range(self.rounds) for cell in self.cells if turn < self._of(cell)
        ]
        with Progress(*_COLUMNS, console=Console(stderr=True)) as progress:
            task = progress.add_task("", total=len(turns))
            for cell in turns:
                if time.monotonic() > self.until:
                    progress.console.print("the time is up")
                    return
                kept = self._try(cell, progress)
                progress.advance(task)
                if kept is None:
                    continue
                self._found.setdefault(cell, []).append(kept)
                measured = [Measured(cell=one, rounds=of) for one, of in self._found.items()]
                yield empty.model_copy(update={"measured": measured})

    def _try(self, cell: Cell, progress: Progress) -> Round | None:
        """A round that fails is said, and the others go on."""
        name = f"{cell.database}: {cell.name}"
        try:
            return self._measure(cell, progress, name)
        except Exception as error:  # noqa: BLE001  (what was measured before must not be lost)
            progress.console.print(f"{name}: FAILED: {error!r}")
            return None

    def _of(self, cell: Cell) -> int:
        return min(self.rounds, cell.rounds or self.rounds)

    def _measure(self, cell: Cell, progress: Progress, name: str) -> Round:
        (task,) = progress.task_ids

        def say(text: str) -> None:
            progress.update(task, description=f"{name}: {text}")

        rate = self._half(cell, progress) if cell.rate == "half" else cell.rate
        into = self.stacks / cell.slug if self.stacks else None
        kept = measure(cell, self.server, rate=rate, stacks=into, say=say)
        if cell.alike in {one.alike for one in SERVED}:
            self._bursts[cell.halved] = kept.events
        said = (
            f"{name}: {kept.events:,.0f} events/s, {kept.cpu_ms:.2f} ms CPU, {kept.fate.lost} lost"
        )
        progress.console.print(said)
        return kept

    def _half(self, cell: Cell, progress: Progress) -> float:
        """Of what the burst before it reached; where there was none, of one made for it."""
        if cell.halved not in self._bursts:
            burst = next(one for one in SERVED if one.halved == cell.halved)
            self._measure(burst, progress, f"{burst.database}: {burst.name}")
        return self._bursts[cell.halved] / 2
