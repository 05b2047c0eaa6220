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

from bench.cell import Cell, quick, whole
from bench.result import Measured, Report, Round, begun
from bench.run import measure
from bench.table import markdown, tables
from embedded.postgres import DURABLE, Server, start

_DESCRIPTION = "{task.description}"
app = typer.Typer(invoke_without_command=True, add_completion=False)


@app.callback()
def bench(
    context: typer.Context,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers in this file.")] = None,
    short: Annotated[bool, typer.Option("--quick", help="Under two minutes.")] = False,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    only: Annotated[str, typer.Option(help="Cells whose name has this in it.")] = "",
) -> None:
    """Measure the cells in turn, round after round. Example: python -m bench --only sqlite"""
    if context.invoked_subcommand:
        return
    cells = [one for one in (quick() if short else whole()) if only in f"{one.database} {one.name}"]
    server = start(DURABLE)
    try:
        report = _measure_all(cells, rounds, server)
    finally:
        server.stop()
    if json:
        json.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    console = Console()
    console.print(*tables(report))


@app.command()
def report(file: Path) -> None:
    """Print the numbers of a file as Markdown, for docs/benchmarks.md."""
    typer.echo(markdown(Report.model_validate_json(file.read_bytes())))


def _measure_all(cells: list[Cell], rounds: int, server: Server) -> Report:
    """Rounds are interleaved, so that a slow minute of the machine meets every cell."""
    empty = begun()
    found: dict[Cell, list[Round]] = {cell: [] for cell in cells}
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn(_DESCRIPTION))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=rounds * len(cells))
        for cell in cells * rounds:
            say = partial(_say, progress, task, cell)
            found[cell].append(measure(cell, server, say))
            progress.advance(task)
    measured = [Measured(cell=cell, rounds=kept) for cell, kept in found.items()]
    return empty.model_copy(update={"measured": measured})


def _say(progress: Progress, task: TaskID, cell: Cell, text: str) -> None:
    progress.update(task, description=f"{cell.database}: {cell.name}: {text}")


if __name__ == "__main__":
    app()
