"""The outside systems: whether they are called, and stopping that by hand."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from bridge.canonical.duration import text
from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, table, whole

app = noun("The outside systems.")
webhooks = noun("Webhooks as bridge.yaml declares them, beside those that the systems have.")
app.add_typer(webhooks, name="webhooks")
Name = Annotated[str, typer.Argument(help="As it stands in bridge.yaml.")]


@app.command("list")
def listing(as_json: Json = False) -> None:
    """Each system: open, broken or paused, since when, why. Example: bridge connections --json"""
    columns = ("name", "system", "mode", "state", "since", "reason")
    table(Api().read("/connections"), columns, as_json=as_json)


@app.command("limits")
def limits(
    name: Annotated[str, typer.Argument(help="Only this one.")] = "", as_json: Json = False
) -> None:
    """What the vendors allow, what is left of it, and until when. Example: bridge connections limits"""
    rows = [
        {"connection": connection["name"], **limit}
        for connection in Api().read("/connections")
        if name in {"", connection["name"]}
        for limit in connection["limits"]
    ]
    columns = ("connection", "limit", "used", "left", "reserve", "source", "until")
    table(rows if as_json else [_told(row) for row in rows], columns, as_json=as_json)


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


@webhooks.command("list")
def registered(
    name: Annotated[str, typer.Argument(help="Only this one.")] = "", as_json: Json = False
) -> None:
    """There, missing, differs, expires, extra, or unknown? Example: bridge connections webhooks"""
    columns = ("connection", "name", "standing", "detail", "expires_at", "repair")
    found = _webhooks(name)
    table([row for rows in found.values() for row in rows], columns, as_json=as_json)
    for silent in (one for one, rows in found.items() if not rows and not as_json):
        typer.echo(f"{silent}: `webhook.registered` in bridge.yaml declares none to compare with")


@webhooks.command("repair")
def repair(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Register, replace, renew, remove. Example: bridge connections webhooks repair jira --dry-run"""
    columns = ("name", "standing", "detail", "repair")
    due = [one for one in _webhooks(name)[name] if one["repair"]]
    if dry_run or not due:
        table(due, columns, as_json=as_json)
        return
    if not yes:
        table(due, columns, as_json=False)
        typer.confirm(f"Do this at {name}?", abort=True)
    done = Api().act(f"/connections/{part(name)}/webhooks:repair", {})
    if as_json:
        whole(done)
        return
    table(done["now"], columns, as_json=False)


def _webhooks(name: str) -> dict[str, list[dict[str, Any]]]:
    """By connection."""
    api = Api()
    names = [name] if name else [one["name"] for one in api.read("/connections")]
    return {one: api.read(f"/connections/{part(one)}/webhooks") for one in names}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """One window in a line: `daily, 24h` and when something will be different."""
    named = f"{row['part']} {row['name']}".strip()
    over = text(timedelta(seconds=row["window_seconds"])) if row["window_seconds"] else ""
    most = f" {row['limit']} per {over}" if over else ""
    turns = (
        ("closed until", row["closed_until"]),
        ("runs out", row["runs_out_at"]),
        ("resets", row["resets_at"]),
    )
    until = [f"{word} {at}" for word, at in turns if at]
    return {**row, "limit": f"{named}{most}", "until": ", ".join(until)}
