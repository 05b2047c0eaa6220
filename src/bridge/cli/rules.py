"""Mappings: checked, tested, activated, rolled back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bridge.canonical.kind import standard
from bridge.cli.client import Api
from bridge.cli.show import table, whole
from bridge.connectors.registry import actions
from bridge.rules.examples import check as faults_of
from bridge.rules.examples import run_examples
from bridge.rules.folder import read_folder
from bridge.rules.loader import load
from bridge.settings import load as settings

app = typer.Typer(no_args_is_help=True, help="Mappings: what follows from an event.")
Folder = Annotated[Path | None, typer.Argument(help="default: BRIDGE_MAPPINGS, or mappings/")]


@app.command("check")
def check(folder: Folder = None) -> None:
    """Every fault as file:line:column: what is wrong. Exit code 1 if there is any."""
    files, systems = _given(folder)
    found = faults_of(files, kinds=standard(), actions=actions(), connections=systems)
    for problem in found:
        typer.echo(str(problem))
    if found:
        raise typer.Exit(1)
    typer.echo(f"{len(files)} files without fault")


@app.command("test")
def run_tests(folder: Folder = None) -> None:
    """Run the tests that stand in the mappings. Exit code 1 if one fails."""
    files, systems = _given(folder)
    known = actions()
    rules = load(files, kinds=standard(), actions=known, connections=systems)
    results = run_examples(rules, actions=known, kinds=standard())
    failed = [one for one in results if not one.ok]
    for one in failed:
        typer.echo(f"{one.rule}: {one.name}\n  {one.problem}")
    typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@app.command("list")
def listing(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """The active rules."""
    found = Api().read("/rules")
    table(found["rules"], ("id", "when", "mode", "description"), as_json=as_json)


@app.command("activate")
def activate(folder: Folder = None, why: str = "") -> None:
    """Make a folder the active set, for all nodes, from the next event on."""
    files, _ = _given(folder)
    whole(Api().act("/rules:activate", {"files": files, "why": why}))


@app.command("rollback")
def rollback(why: str = "") -> None:
    """Return to the set before; it stays so through restarts."""
    whole(Api().act("/rules:rollback", {"why": why}))


def _given(folder: Path | None) -> tuple[dict[str, str], dict[str, str] | None]:
    loaded = settings(os.environ)
    systems = {name: str(raw["system"]) for name, raw in loaded.file.connections.items()}
    return read_folder(folder or loaded.settings.mappings), systems or None
