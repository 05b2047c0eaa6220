"""A stored event as a test in a mapping file."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.canonical.kind import standard
from bridge.cli.client import Api
from bridge.cli.group import FAULT
from bridge.cli.proposal import Folder, Proposal, given
from bridge.cli.show import Json, whole
from bridge.connectors.registry import actions
from bridge.errors import RuleError
from bridge.rules.examples import run_examples
from bridge.rules.insertion import insert_test
from bridge.rules.problem import MappingProblems
from bridge.rules.yaml_text import block

EventId = Annotated[str, typer.Argument(metavar="EVENT_ID", help="As `bridge events` shows it.")]
Of = Annotated[
    str | None, typer.Option("--rule", help="Of this rule; else the only one it matches.")
]
Called = Annotated[str, typer.Option("--name", help="Name of the test.")]
Keep = Annotated[list[str] | None, typer.Option(help="A field whose real words stay; repeat.")]
Brief = Annotated[bool, typer.Option("--brief", help="Only the fields that the rule looks at.")]
Write = Annotated[bool, typer.Option("--write", help="Put it into the mapping file.")]


def capture(  # noqa: PLR0917
    event: EventId,
    folder: Folder = None,
    of: Of = None,
    name: Called = "",
    keep: Keep = None,
    brief: Brief = False,
    write: Write = False,
    as_json: Json = False,
) -> None:
    """A stored event as a test of a rule, with other people in it. Example: bridge rules capture evt_x --rule incident-raised --write

    What was known of the event is given, what your rule says to it now is expected. Without --write
    the test is printed. Names, addresses and free text are replaced, the same by the same; where that
    changes what the rule does, nothing is written, and --keep FIELD keeps the real words.
    """
    proposal = given(folder)
    wish = {"event": event, "rule": of, "name": name, "keep": keep or [], "brief": brief}
    found = Api().ask("/rules:capture", {**wish, "files": proposal.files})
    if as_json:
        whole(found)
    elif not write:
        typer.echo(block([found["test"]], indent="      "), nl=False)
    _tell(found)
    if found["differs"]:
        raise typer.Exit(FAULT)
    if write:
        place = _write(proposal, found)
        typer.echo(f"{place}: the test was added to {found['rule']}", err=as_json)


def _tell(found: dict[str, Any]) -> None:
    """What a person should know, beside the test itself."""
    if found["replaced"]:
        typer.echo(f"replaced: {', '.join(found['replaced'])}", err=True)
    for one in found["differs"]:
        typer.echo(f"the replaced words change what the rule does: {one}", err=True)
    for one in found["because"]:
        typer.echo(f"it rests on the words of `{one}`; to keep them: --keep {one}", err=True)


def _write(proposal: Proposal, found: dict[str, Any]) -> str:
    """Put the test into its file, if the files are as good with it as before; where it stands."""
    file = next(
        rule.site.document.file for rule in proposal.load().rules if rule.id == found["rule"]
    )
    path = proposal.place / file
    with path.open(encoding="utf-8", newline="") as opened:
        before = opened.read()
    text, line = insert_test(before, found["rule"], found["test"])
    _check(proposal, file, text, rule=found["rule"])
    _replace(path, text)
    return f"{path}:{line}"


def _check(proposal: Proposal, file: str, text: str, *, rule: str) -> None:
    """Raises RuleError where the file would not load any more, or the new test would fail."""
    files = {**proposal.files, file: text.removeprefix("\ufeff")}
    try:
        rules = replace(proposal, files=files).load()
    except MappingProblems as error:
        raise RuleError(f"nothing was written; the file would not load: {error}") from None
    tests = run_examples(rules, actions=actions(), kinds=standard())
    added = [one for one in tests if one.rule == rule][-1]
    if added.problem is not None:
        raise RuleError(f"nothing was written; the test would fail: {added.problem}")


def _replace(path: Path, text: str) -> None:
    """The whole file or nothing."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as opened:
        opened.write(text)
    new.chmod(path.stat().st_mode)
    new.replace(path)
