"""The outside systems: whether they are called, and stopping that by hand."""

from typing import Annotated

import typer

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, table, whole

app = noun("The outside systems.")
Name = Annotated[str, typer.Argument(help="As it stands in bridge.yaml.")]


@app.command("list")
def listing(as_json: Json = False) -> None:
    """Each system: open or paused, since when, why. Example: bridge connections --json"""
    columns = ("name", "system", "mode", "state", "since", "reason")
    table(Api().read("/connections"), columns, as_json=as_json)


@app.command("pause")
def pause(name: Name, why: filters.Why = "", as_json: Json = False) -> None:
    """Call nothing there; all is kept. Example: bridge connections pause jira --why "an upgrade" """
    done = Api().act(f"/connections/{part(name)}:pause", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{name} is paused; what is owed is kept until: bridge connections resume {name}")


@app.command("resume")
def resume(name: Name, why: filters.Why = "", as_json: Json = False) -> None:
    """Call it again, at once. Example: bridge connections resume jira"""
    done = Api().act(f"/connections/{part(name)}:resume", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{name} is open")
