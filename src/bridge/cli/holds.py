"""What waits for a person."""

from typing import Annotated

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, ago, block, whole

app = noun("Deliveries that wait for a person's decision.")
Id = Annotated[str, typer.Argument(help="hld_…, as `bridge holds` shows it.")]


@app.command("list")
def listing(
    state: Annotated[str, typer.Option(help="open, released or discarded")] = "open",
    as_json: Json = False,
) -> None:
    """What is held, since when, why. Example: bridge holds --state released"""
    found = Api().read("/holds", state=state)
    if as_json:
        whole(found)
        return
    for one in found:
        block(
            f"{one['id']}  {one['kind']} {one['about']}",
            one["reason"],
            f"{one['state']}, made {ago(one['created_at'])}",
            *(f"{past['what']} by {past['by']}: {past['why']}" for past in one["decisions"]),
            f"bridge holds release {one['id']}  (or discard)" if one["state"] == "open" else "",
        )
    if not found:
        typer.echo(f"no hold is {state}")


@app.command("release")
def release(hold: Id, why: filters.Why = "", as_json: Json = False) -> None:
    """Let them go. Example: bridge holds release hld_7n6kq2c3v5d4 --why "looked at" """
    done = Api().act(f"/holds/{part(hold)}:release", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries go")


@app.command("discard")
def discard(
    hold: Id, why: filters.Why = "", yes: filters.Yes = False, as_json: Json = False
) -> None:
    """Never send them. Example: bridge holds discard hld_7n6kq2c3v5d4 --why "a test import" """
    if not yes:
        typer.confirm(f"cancel everything that {hold} holds? It cannot be undone", abort=True)
    done = Api().act(f"/holds/{part(hold)}:discard", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['count']} deliveries are cancelled")
