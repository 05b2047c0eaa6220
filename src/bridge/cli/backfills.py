"""Backfills: count what there is, show it, read it in, and follow it. The server does the work."""

import sys
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import FAULT, noun
from bridge.cli.show import Json, block, count, table, whole
from bridge.errors import BridgeError

app = noun("The past of sources, as far as it was read in.")
LOOK_SECONDS = 0.5
INTERRUPTED = 130
GOES_ON = ("counting", "running")
STOPPED = frozenset({"paused", "cancelled"})
Asked = Annotated[str, typer.Argument(help="bfl_…, see: bridge backfills")]
Result = dict[str, Any]


def backfill(  # noqa: PLR0917
    source: Annotated[str, typer.Argument(help="Its id, as in mappings/sources/.")],
    query: Annotated[
        str, typer.Option(help="JQL; or SOQL that selects the Id, or its condition alone.")
    ] = "",
    since: filters.Since = None,
    history: Annotated[
        bool, typer.Option("--history", help="Also what was changed before, by whom and when.")
    ] = False,
    share: Annotated[
        float, typer.Option(help="Of the calls that are left of a quota.", min=0.01, max=1.0)
    ] = 0.5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, show it, and end.")] = False,
    why: filters.Why = "",
    as_json: Json = False,
) -> None:
    """Read in what was there before Bridge. No rule hears of it that does not ask for backfill.

    Example: bridge backfill engineering-work --query "project = ENG" --dry-run

    bridge backfill customer-feedback --since 365d --history --why "the year, for the numbers"

    Ctrl-C ends the watching, not the work: bridge backfills follow bfl_… goes on with it.
    """
    api = Api()
    wish = {"source": source, "query": query, "history": history, "share": share, "why": why}
    wish["since"] = filters.instant(since, "--since")
    asked = str(api.act("/backfills", wish)["id"])
    found = _follow(api, asked)
    if not as_json:
        _show(found)
    if found["state"] == "planned" and not dry_run:
        api.act(f"/backfills/{asked}:run", {})
        found = _follow(api, asked)
        if not as_json:
            _show(found)
    if as_json:
        whole(found)
    _leave(found)


@app.command("list")
def listing(as_json: Json = False) -> None:
    """The newest first. Example: bridge backfills"""
    columns = ("id", "source", "state", "total", "done", "created_at", "problem")
    table(Api().read("/backfills"), columns, as_json=as_json)


@app.command("show")
def show(backfill: Asked, as_json: Json = False) -> None:
    """How far one is, and what is left. Example: bridge backfills show bfl_7rq326q22vg7"""
    _tell(Api().read(f"/backfills/{part(backfill)}"), as_json=as_json)


@app.command("run")
def run(backfill: Asked, as_json: Json = False) -> None:
    """Read in what was counted, and follow it. Example: bridge backfills run bfl_7rq326q22vg7"""
    _act(backfill, "run", as_json=as_json, follow=True)


@app.command("follow")
def follow(backfill: Asked, as_json: Json = False) -> None:
    """Watch one until it is over. Example: bridge backfills follow bfl_7rq326q22vg7

    Exit code 1 if somebody paused or cancelled it.
    """
    found = _follow(Api(), backfill)
    _tell(found, as_json=as_json)
    _leave(found)


@app.command("pause")
def pause(backfill: Asked, as_json: Json = False) -> None:
    """Let one rest; what it has brought stays. Example: bridge backfills pause bfl_7rq326q22vg7"""
    _act(backfill, "pause", as_json=as_json)


@app.command("resume")
def resume(backfill: Asked, as_json: Json = False) -> None:
    """Go on where it was paused, and follow it. Example: bridge backfills resume bfl_7rq326q22vg7"""
    _act(backfill, "resume", as_json=as_json, follow=True)


@app.command("cancel")
def cancel(backfill: Asked, as_json: Json = False) -> None:
    """Stop one for good; what it has brought stays. Example: bridge backfills cancel bfl_7rq326q22"""
    _act(backfill, "cancel", as_json=as_json)


def _act(backfill: str, verb: str, *, as_json: bool, follow: bool = False) -> None:
    api = Api()
    done = api.act(f"/backfills/{part(backfill)}:{verb}", {})
    found = _follow(api, backfill) if follow else done
    _tell(found, as_json=as_json)
    if follow:
        _leave(found)


def _leave(found: Result) -> None:
    """What somebody stopped before its end is not what was asked for."""
    if found["state"] in STOPPED:
        raise typer.Exit(FAULT)


def _follow(api: Api, asked: str) -> Result:
    """Until it is planned, rests or is over; whoever stops watching stops nothing."""
    said, eta = TextColumn("{task.description}"), TextColumn("{task.fields[eta]}")
    columns = (said, BarColumn(), MofNCompleteColumn(), eta)
    console = Console(stderr=True)
    try:
        with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
            found = _watch(api, asked, progress, console)
    except KeyboardInterrupt:
        typer.echo(
            f"\nit goes on at the server\nfollow it:  bridge backfills follow {asked}\n"
            f"let it rest: bridge backfills pause {asked}",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    if found["state"] == "failed":
        raise BridgeError(f"{asked}: {found['problem']}")
    return found


def _watch(api: Api, asked: str, progress: Progress, console: Console) -> Result:
    told, task = {""}, progress.add_task("counting", total=None, eta="")
    while True:
        found: Result = api.read(f"/backfills/{part(asked)}")
        counts = found["state"] == "counting"
        progress.update(
            task,
            description=found["state"],
            total=None if counts else found["total"],
            completed=found["found"] if counts else found["done"],
            eta="" if counts or not found["cost"] else f"{_time(found['cost']['seconds'])} left",
        )
        if found["state"] not in GOES_ON:
            return found
        if found["problem"] not in told:  # each once: a limit comes and goes from second to second
            told.add(found["problem"])
            console.print(f"waits: {found['problem']}")
        time.sleep(LOOK_SECONDS)


def _tell(found: Result, *, as_json: bool) -> None:
    if as_json:
        whole(found)
    else:
        _show(found)


def _show(found: Result) -> None:
    known, gone = found["known"], found["done"] - found["brought"]
    counted = f"{count(found['found'], 'record')}, {known} of them known as they are"
    read = f"{found['done']} of {found['total']} read"
    block(
        f"{found['id']}: {found['state']}, {found['source']}",
        f"{counted}; {read}" + (f", {gone} gone at the vendor" if gone else ""),
        _cost(found["cost"]),
        found["problem"],
        _next(found),
    )


def _next(found: Result) -> str:
    """The command that goes on with it."""
    verb = {"planned": "run", "paused": "resume"}.get(found["state"])
    return f"bridge backfills {verb} {found['id']}" if verb else ""


def _cost(cost: Result | None) -> str:
    if not cost or not cost["calls"]:
        return ""
    parts = [
        f"{one['part']:.1%} of what is left of {one['limit']}"
        if one["part"] is not None
        else f"nothing is left of {one['limit']} now"
        for one in cost["quotas"]
    ]
    return "; ".join([f"{count(cost['calls'], 'call')}, about {_time(cost['seconds'])}", *parts])


def _time(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
