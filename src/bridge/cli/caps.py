"""Rules that were held because they went beyond a cap: let go, or dropped."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.show import Json, block, whole

Rule = Annotated[str, typer.Argument(help="A rule that is held, as `bridge holds` names it.")]
Spare = Annotated[
    str | None, typer.Option(help="So long it is not held again: 30m, 4h; 7d at most.")
]


def release(rule: Rule, spare: Spare = None, why: filters.Why = "", as_json: Json = False) -> None:
    """Let go what a held rule asks. Example: bridge rules release board --spare 4h --why "import" """
    done = Api().act(f"/rules/{part(rule)}:release", {"why": why, "spare": spare})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries of {rule} go, and it is counted anew")


def discard(
    rule: Rule,
    why: filters.Why = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would be.")] = False,
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Never send what a held rule asks. Example: bridge rules discard board --why "wrong mapping" """
    api = Api()
    if dry_run or not yes:
        found = api.read(f"/rules/{part(rule)}/held")
        if dry_run and as_json:
            whole(found)
            return
        block(
            found["hold"]["reason"],
            *(f"{number} of {what}" for what, number in found["by_action"].items()),
            *(f"bridge deliveries show {one}" for one in found["examples"]),
        )
        if dry_run:
            return
        typer.confirm(
            f"cancel all {found['count']}, and what is about to be held? It cannot be undone",
            abort=True,
        )
    done = api.act(f"/rules/{part(rule)}:discard", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries of {rule} are cancelled")


COMMANDS: Mapping[str, Callable[..., None]] = {"release": release, "discard": discard}
