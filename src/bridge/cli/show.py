"""Tables for people and JSON for programs, from the same rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """One line a row; `--json` prints whole rows instead."""
    if as_json:
        typer.echo(orjson.dumps(list(rows), option=orjson.OPT_INDENT_2, default=str).decode())
        return
    shown = Table(*columns)
    for row in rows:
        shown.add_row(*(str(row.get(column, "")) for column in columns))
    Console().print(shown)
    if not rows:
        typer.echo("nothing to show")


def whole(value: Any) -> None:
    """One thing as JSON."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
