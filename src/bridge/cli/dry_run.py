"""`bridge rules dry-run`: what mappings would have done with the events of the past."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bridge.cli import filters
from bridge.cli.client import Api
from bridge.cli.dry_run_page import show
from bridge.cli.group import FAULT
from bridge.cli.show import Json, whole
from bridge.cli.versions import Given, files_of
from bridge.errors import BridgeError
from bridge.pipeline.dry_run.markdown import markdown
from bridge.pipeline.dry_run.report import Against, Report

READ_SECONDS = 60.0  # without a line: it says something twice a second
THEN: Against = "then"


def dry_run(  # noqa: PLR0917
    given: Given = None,
    since: Annotated[str, typer.Option(help="7d, a day, or a time as 2026-11-23T09:00Z.")] = "7d",
    until: filters.Until = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")] = None,
    against: Annotated[
        str, typer.Option(help="then: what was decided then; active: the rules that are active.")
    ] = THEN,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit code 1 if anything differs; for CI.")
    ] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="A report for a pull request instead.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write it into this file instead.")] = None,
    as_json: Json = False,
) -> None:
    """What these mappings would have done with the events of the last days. Nothing is sent or stored.

    Examples:

    bridge rules dry-run --since 7d

    bridge rules dry-run --since 30d --rule feedback-becomes-engineering-task

    bridge rules dry-run --markdown --out report.md --fail-on-change
    """
    wish = {"files": files_of(given), "since": since, "until": until, "against": against}
    report = _report(Api(deadline=READ_SECONDS), wish | {"rules": rule or []})
    if as_json:
        _put(report.model_dump_json(indent=2), out) if out else whole(
            report.model_dump(mode="json")
        )
    elif as_markdown or out:
        _put(markdown(report), out)
    else:
        show(report)
    if fail_on_change and report.differs:
        raise typer.Exit(FAULT)


def _put(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    typer.echo(f"written to {out}", err=True)


def _report(api: Api, wish: dict[str, Any]) -> Report:
    """Shows how far it is, on stderr."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("events", total=None)
        last: Any = None
        for name, told in _lines(api, wish):  # to its end: then the node is free for the next one
            last = name, told
            if name == "progress":
                progress.update(task, completed=told["done"], total=told["total"])
    match last:
        case "report", told:
            return Report.model_validate(told)
        case "problem", told:
            raise BridgeError(f"{told['title']}: {told['detail']}")
    raise BridgeError("the answer broke off before the report; ask again")


def _lines(api: Api, wish: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for line in api.lines("/rules:dry-run", wish):
        yield from line.items()
