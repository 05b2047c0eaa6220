"""Mappings: checked and tested. What becomes of them on the server is in `versions.py`."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bridge.app import connect
from bridge.canonical.kind import standard
from bridge.cli import caps, rule_tests, versions
from bridge.cli.capture import capture
from bridge.cli.dry_run import dry_run
from bridge.cli.group import FAULT, noun
from bridge.cli.proposal import Folder, Proposal, given
from bridge.cli.show import Json, count, whole
from bridge.cli.trying import try_record
from bridge.connectors.registry import actions
from bridge.errors import SettingError
from bridge.rules.json_schema import schema_text
from bridge.rules.live import Live
from bridge.rules.problem import Problem, Severity, faults
from bridge.settings import load as settings

app = noun("Mappings: what follows from an event.")
Asked = Annotated[
    bool, typer.Option("--live", help="Also ask the systems of bridge.yaml what they have now.")
]
Strict = Annotated[bool, typer.Option("--strict", help="A warning counts as a fault.")]


@app.command("check")
def check(
    folder: Folder = None, live: Asked = False, strict: Strict = False, as_json: Json = False
) -> None:
    """Every fault as file:line:column: what is wrong; what would be right. Example: bridge rules check

    Exit code 0: no fault, perhaps warnings. 1: faults, or with --strict warnings. 2: the folder or
    bridge.yaml cannot be read.
    """
    proposal = given(folder)
    found, place = proposal.findings(), proposal.place
    if live and not faults(found):
        found = tuple(sorted({*found, *_asked(proposal)}))
    if as_json:
        whole([_row(place, one) for one in found])
    else:
        _tell(place, found, files=len(proposal.files))
    if found if strict else faults(found):
        raise typer.Exit(FAULT)


app.command("test")(rule_tests.run_tests)
app.command("capture")(capture)


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


app.command("dry-run")(dry_run)
for _name, _command in {**versions.COMMANDS, **caps.COMMANDS}.items():
    app.command(_name)(_command)
app.command("try")(try_record)


def _asked(proposal: Proposal) -> Iterator[Problem]:
    """What the systems do not have of what a set without fault names, and who gave no answer."""
    loaded = settings(os.environ)
    linked = connect(loaded)
    if not linked:
        raise SettingError(
            f"--live: {loaded.settings.config} names no connection, so nobody can be asked;"
            " BRIDGE_CONFIG says where bridge.yaml is"
        )
    try:
        look = Live(proposal.load(), linked, thorough=True)
        yield from (one.problem for one in look.findings())
        yield from look.silent()
    finally:
        for one in linked.values():
            one.close()


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
