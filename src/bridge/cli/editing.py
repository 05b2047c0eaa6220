"""A dead delivery with other values: the difference is shown first."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.show import Json, block, whole
from bridge.errors import SettingError

Values = Annotated[
    list[str] | None, typer.Option("--set", help="PATH=TEXT, or PATH:=JSON for what is no text.")
]
Without = Annotated[list[str] | None, typer.Option("--unset", help="A path that gets no value.")]


def edit(  # noqa: PLR0917
    delivery: Annotated[str, typer.Argument(help="dlv_…, a dead one.")],
    values: Values = None,
    without: Without = None,
    why: filters.Why = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference, change nothing.")
    ] = False,
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Send it with other values; the old one is superseded. Example: bridge deliveries edit dlv_7n6kq2c3v5d4 --set priority=High --set 'labels:=["a"]' --why "Urgent is gone" """
    api, path = Api(), f"/deliveries/{part(delivery)}:edit"
    wish = {"set": dict(_value(one) for one in values or ()), "unset": without or []}
    if dry_run or not yes:
        found = api.act(path, wish | {"dry_run": True})
        if as_json:
            whole(found)
            return
        _show(found)
        if dry_run:
            return
        typer.confirm("send it so?", abort=True)
    done = api.act(path, wish | {"why": filters.reason(why, ask=not yes)})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['id']} is {done['state']}; {delivery} is superseded by it")


def _show(found: Mapping[str, Any]) -> None:
    block(
        f"{found['of']} with other values",
        *(f"{one['name']}: {one['before']} → {one['after']}" for one in found["changes"]),
        f"it would be {found['state']}" + (f": {found['reason']}" if found["reason"] else ""),
        found["warning"],
    )


def _value(text: str) -> tuple[str, Any]:
    """`priority=High` is text, `labels:=["a"]` is JSON."""
    path, found, said = text.partition("=")
    if not found or not path.strip(":"):
        raise SettingError(f"--set: {text!r} names no value; write priority=High")
    if not path.endswith(":"):
        return path, said
    try:
        return path[:-1], orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise SettingError(f"--set: {said!r} is no JSON: {error}") from None
