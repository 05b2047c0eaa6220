"""Searches for what no message told."""

from typing import Annotated

import typer

from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, moment, table, whole

app = noun("Searches for what no message told: sources with `poll`.")


@app.command("list")
def listing(as_json: Json = False) -> None:
    """How far each has come, what it found, why it does not go on. Example: bridge polls"""
    columns = ("source", "since", "due_at", "ended_at", "found", "problem")
    table(Api().read("/polls"), columns, as_json=as_json)


@app.command("run")
def run(
    source: Annotated[str, typer.Argument(help="Its id, as `bridge polls` shows it.")],
    as_json: Json = False,
) -> None:
    """Search now. Example: bridge polls run customer-feedback"""
    done = Api().act(f"/polls/{part(source)}:run", {})
    if as_json:
        whole(done)
        return
    typer.echo(f"{source} is searched from {moment(done['since'])} UTC on; see: bridge polls")
