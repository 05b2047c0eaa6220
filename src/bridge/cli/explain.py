"""Why something happened or did not, at the terminal."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli.client import Api
from bridge.cli.show import Json, whole
from bridge.errors import SettingError
from bridge.rules.folder import read_folder

EVENT, DELIVERY = "evt_", "dlv_"


def explain(  # noqa: PLR0917
    what: Annotated[
        str, typer.Argument(help="An event or delivery id, case number, issue key, URL or ref.")
    ],
    rule: Annotated[
        str | None, typer.Option(help="Only this rule, also if the event does not concern it.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also rules that the event does not concern.")
    ] = False,
    under: Annotated[
        str | None, typer.Option(help="A version such as active: its rules, the facts of then.")
    ] = None,
    candidate: Annotated[
        Path | None, typer.Option(help="Under the mappings of this folder, with the facts of then.")
    ] = None,
    cel: Annotated[
        bool, typer.Option("--cel", help="Each condition as the rule writes it, too.")
    ] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Personal data and free text too; admins, audited.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Events of a record.")] = 10,
    as_json: Json = False,
) -> None:
    """Why this happened, or not: each rule, what failed, what it wrote, what became of that. Examples: bridge explain 00001234; bridge explain ENG-12 --rule progress-reaches-board; bridge explain evt_eh5qdaalanj7hgoqikwdleqoyi --all"""
    if candidate is not None and (under or reveal):
        raise SettingError("--candidate goes without --under and --reveal")
    asked = {"rule": rule, "all": every or None, "cel": cel or None}
    if candidate is not None:
        given = {name: value for name, value in asked.items() if value}
        wish = {"what": what, "files": read_folder(candidate), **given}
        _print(Api().ask("/explain", wish), as_json=as_json)
        return
    asked |= {"under": under, "reveal": reveal or None}
    if what.startswith((EVENT, DELIVERY)):
        _print(Api().read("/explain", what=what, **asked), as_json=as_json)
        return
    found: dict[str, Any] = Api().read("/records/explain", ref=what, limit=limit, **asked)
    _print([found], as_json=as_json)


def _print(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        whole(found[0] if len(found) == 1 else found)
        return
    typer.echo("\n\n".join(one["text"].rstrip() for one in found))
