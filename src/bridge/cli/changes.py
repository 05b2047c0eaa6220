"""Differences between two sets of mappings, for people at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
import typer

from bridge.cli.show import wrapped
from bridge.rules.difference import Difference

COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "yellow"}


def show_changes(found: Sequence[Difference | Mapping[str, Any]]) -> None:
    """Each item that differs, and below it each key with its values before (-) and after (+)."""
    told = [asdict(one) if isinstance(one, Difference) else one for one in found]
    if not told:
        typer.echo("no difference that means anything")
        return
    for one in told:
        typer.echo(typer.style(_head(one), bold=True, fg=COLOURS[one["act"]]))
        for key in one["keys"]:
            _show_key(key)


def _head(one: Mapping[str, Any]) -> str:
    where = f"  {one['file']}" if one["file"] else ""
    return f"{one['what']} {one['name']} {one['act']}{where}"


def _show_key(key: Mapping[str, Any]) -> None:
    if key["path"]:
        typer.echo(f"  {key['path']}")
    for sign, side, colour in (("-", "before", "red"), ("+", "after", "green")):
        for line in _lines(key, side):
            typer.echo(typer.style(f"    {sign} {line}", fg=colour))


def _lines(key: Mapping[str, Any], side: str) -> Iterator[str]:
    missing = {"added": "before", "removed": "after"}.get(key["act"])
    if side != missing:
        yield from wrapped(_said(key[side]), indent="", taken=6)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
