"""`python -m bench`: measure; `python -m bench report FILE`: the numbers of a file as Markdown."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from bench import flame
from bench.cell import Cell
from bench.cells import SERVED, goals, quick, whole
from bench.result import Measured, Report, Round, begun
from bench.run import measure
from bench.table import markdown, tables
from embedded.postgres import DURABLE, Server, start

_DESCRIPTION = "{task.description}"
app = typer.Typer(invoke_without_command=True, add_completion=False)


@app.callback()
def bench(
    context: typer.Context,
    *,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers in this file.")] = None,
    short: Annotated[bool, typer.Option("--quick", help="Under two minutes.")] = False,
    goal: Annotated[bool, typer.Option("--goals", help="What the goals ask: 12 minutes.")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="2, or 3 of everything.")] = None,
    only: Annotated[str, typer.Option(help="Cells whose name has this in it.")] = "",
    events: Annotated[int | None, typer.Option(min=1, help="In each cell.")] = None,
    stacks: Annotated[Path | None, typer.Option(help="Sample stacks by py-spy into it.")] = None,
) -> None:
    """Measure the cells in turn, round after round. Example: python -m bench --only sqlite"""
    if context.invoked_subcommand:
        return
    wanted = quick() if short else goals() if goal else whole()
    cells = [one for one in wanted if only in f"{one.database} {one.name}"]
    if events:
        cells = [one.model_copy(update={"events": events}) for one in cells]
    server = start(DURABLE)
    try:
        found = _measure_all(cells, rounds or (2 if short or goal else 3), server, stacks)
    finally:
        server.stop()
    if json:
        json.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    Console().print(*tables(found))


@app.command()
def report(file: Path) -> None:
    """Print the numbers of a file as Markdown, for docs/benchmarks.md."""
    typer.echo(markdown(Report.model_validate_json(file.read_bytes())))


@app.command("flame")
def read_stacks(folder: Path, top: int = 15) -> None:
    """Where the time went, out of what --stacks wrote. Example: python -m bench flame stacks/sqlite-…"""
    for file in sorted(folder.rglob("*.stacks")):
        typer.echo(flame.markdown(file, top=top))


def _measure_all(cells: list[Cell], rounds: int, server: Server, stacks: Path | None) -> Report:
    """Rounds are interleaved, so that a slow minute of the machine meets every cell."""
    empty = begun()
    found: dict[Cell, list[Round]] = {cell: [] for cell in cells}
    bursts: dict[str, float] = {}
    turns = [one for turn in range(rounds) for one in cells if turn < (one.rounds or rounds)]
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn(_DESCRIPTION))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(turns))
        for cell in turns:
            rate = bursts.get(cell.halved, 0) / 2 if cell.rate == "half" else cell.rate
            say, into = partial(_say, progress, task, cell), stacks and stacks / cell.slug
            kept = measure(cell, server, rate=rate or None, stacks=into, say=say)
            if cell in SERVED:
                bursts[cell.halved] = kept.events
            found[cell].append(kept)
            progress.advance(task)
    measured = [Measured(cell=cell, rounds=kept) for cell, kept in found.items()]
    return empty.model_copy(update={"measured": measured})


def _say(progress: Progress, task: TaskID, cell: Cell, text: str) -> None:
    progress.update(task, description=f"{cell.database}: {cell.name}: {text}")


if __name__ == "__main__":
    app()
