"""Mappings: checked and tested. What becomes of them on the server is in `versions.py`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bridge.calendars import Calendars, calendars
from bridge.canonical.kind import standard
from bridge.cli import versions
from bridge.cli.group import FAULT, noun
from bridge.cli.show import Json, whole
from bridge.connectors.registry import actions
from bridge.rules.examples import check as faults_of
from bridge.rules.examples import run_examples
from bridge.rules.folder import read_folder
from bridge.rules.json_schema import schema_text
from bridge.rules.loader import load
from bridge.settings import load as settings

app = noun("Mappings: what follows from an event.")
Folder = Annotated[Path | None, typer.Argument(help="Without it BRIDGE_MAPPINGS, or mappings/.")]


@app.command("check")
def check(folder: Folder = None, as_json: Json = False) -> None:
    """Every fault as file:line:column: what is wrong; exit code 1 if any. Example: bridge rules check"""
    files, systems = _given(folder)
    faults = faults_of(
        files, kinds=standard(), actions=actions(), connections=systems, calendars=_calendars()
    )
    found = [str(problem) for problem in faults]
    if as_json:
        whole(found)
    else:
        typer.echo("\n".join(found) if found else f"{len(files)} files without fault")
    if found:
        raise typer.Exit(FAULT)


@app.command("test")
def run_tests(folder: Folder = None) -> None:
    """Run the tests that stand in the mappings; exit code 1 if one fails. Example: bridge rules test"""
    files, systems = _given(folder)
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


def _given(folder: Path | None) -> tuple[dict[str, str], dict[str, str] | None]:
    loaded = settings(os.environ)
    systems = {name: str(raw["system"]) for name, raw in loaded.file.connections.items()}
    return read_folder(folder or loaded.settings.mappings), systems or None


def _calendars() -> Calendars | None:
    """Those that are declared; `None` where nothing is set up."""
    file = settings(os.environ).file
    return calendars(file.calendars) if file.connections or file.calendars else None
