"""`python -m bench`: measure; `python -m bench report FILE`: the numbers of a file as Markdown."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import flame
from bench.cells import goals, quick, whole
from bench.result import Report
from bench.series import Series
from bench.table import markdown, tables
from embedded.postgres import DURABLE, start

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
    past: Annotated[int, typer.Option(help="Each cell again, after so many deliveries.")] = 0,
    minutes: Annotated[float, typer.Option(help="Begin nothing after so many.")] = 60,
    stacks: Annotated[Path | None, typer.Option(help="Sample stacks by py-spy into it.")] = None,
) -> None:
    """Measure the cells in turn, round after round. Example: python -m bench --only sqlite"""
    if context.invoked_subcommand:
        return
    wanted = quick() if short else goals() if goal else whole()
    cells = [one for one in wanted if only in f"{one.database} {one.name}"]
    if events:
        cells = [one.model_copy(update={"events": events}) for one in cells]
    if past:
        cells += [one.model_copy(update={"past": past}) for one in cells if one.merges]
    server = start(DURABLE)
    series = Series(
        cells=cells,
        rounds=rounds or (2 if short or goal else 3),
        until=time.monotonic() + 60 * minutes,
        server=server,
        stacks=stacks,
    )
    found = None
    try:
        for found in series.reports():
            if json:
                json.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    finally:
        server.stop()
        if found:
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


if __name__ == "__main__":
    app()
