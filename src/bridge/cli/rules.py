"""Mappings: checked and tested. What becomes of them on the server is in `versions.py`."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bridge.calendars import Calendars, calendars
from bridge.canonical.kind import standard
from bridge.cli import versions
from bridge.cli.group import FAULT, noun
from bridge.cli.show import Json, count, whole
from bridge.connectors.registry import actions
from bridge.rules.check import findings
from bridge.rules.examples import run_examples
from bridge.rules.folder import read_folder
from bridge.rules.json_schema import schema_text
from bridge.rules.loader import load
from bridge.rules.problem import Problem, Severity, faults
from bridge.settings import load as settings

app = noun("Mappings: what follows from an event.")
Folder = Annotated[Path | None, typer.Argument(help="Without it BRIDGE_MAPPINGS, or mappings/.")]
Strict = Annotated[bool, typer.Option("--strict", help="A warning counts as a fault.")]


@app.command("check")
def check(folder: Folder = None, strict: Strict = False, as_json: Json = False) -> None:
    """Every fault as file:line:column: what is wrong; what would be right. Example: bridge rules check

    Exit code 0: no fault, perhaps warnings. 1: faults, or with --strict warnings. 2: the folder or
    bridge.yaml cannot be read.
    """
    place, files, systems = _given(folder)
    found = findings(
        files, kinds=standard(), actions=actions(), connections=systems, calendars=_calendars()
    )
    if as_json:
        whole([_row(place, one) for one in found])
    else:
        _tell(place, found, files=len(files))
    if found if strict else faults(found):
        raise typer.Exit(FAULT)


@app.command("test")
def run_tests(folder: Folder = None) -> None:
    """Run the tests that stand in the mappings; exit code 1 if one fails. Example: bridge rules test"""
    _, files, systems = _given(folder)
    known = actions()
    rules = load(
        files, kinds=standard(), actions=known, connections=systems, calendars=_calendars()
    )
    results = run_examples(rules, actions=known, kinds=standard())
    failed = [one for one in results if not one.ok]
    for one in failed:
        typer.echo(f"{one.rule}: {one.name}\n  {one.problem}")
    typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(FAULT)


@app.command("schema")
def schema(
    out: Annotated[Path | None, typer.Option(help="Write it into this file instead.")] = None,
) -> None:
    """The JSON Schema of all mapping files, for editors. Example: bridge rules schema --out mappings/schema.json"""
    text = schema_text(standard(), actions())
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


for _name, _command in versions.COMMANDS.items():
    app.command(_name)(_command)


def _given(folder: Path | None) -> tuple[Path, dict[str, str], dict[str, str] | None]:
    """The folder, its files, and the connections there are; `None` where nothing is set up."""
    loaded = settings(os.environ)
    systems = {name: str(raw["system"]) for name, raw in loaded.file.connections.items()}
    place = folder or loaded.settings.mappings
    return place, read_folder(place), systems or None


def _calendars() -> Calendars | None:
    """Those that are declared; `None` where nothing is set up."""
    file = settings(os.environ).file
    return calendars(file.calendars) if file.connections or file.calendars else None


def _row(place: Path, one: Problem) -> dict[str, str | int]:
    return {
        "file": str(place / one.file),
        "line": one.line,
        "column": one.column,
        "severity": one.severity.value,
        "message": one.message,
        "remedy": one.remedy,
    }


def _tell(place: Path, found: Sequence[Problem], *, files: int) -> None:
    """One a line, named from here, so that an editor or a terminal leads to it; then the sum."""
    for one in found:
        typer.echo(str(replace(one, file=str(place / one.file))))
    wrong = len(faults(found))
    doubtful = len(found) - wrong
    said = [count(wrong, Severity.FAULT)] if wrong else []
    said += [count(doubtful, Severity.WARNING)] if doubtful else []
    told = f": {', '.join(said)}" if said else " without fault"
    typer.echo(count(files, "file") + told, err=bool(found))
