"""Replays: a plan is shown first and runs only when it was looked at."""

import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.show import Json, block, whole
from bridge.pipeline.replay import ReplayMode

app = typer.Typer(no_args_is_help=True, help="Replays that were planned, and how far they are.")
LOOK_SECONDS = 0.5
WARNINGS = {
    "newer_state": "{} have newer state at the target: they are left out, unless --force",
    "stale_cards": "{} are cards about old news: those of one channel go out in one message, a section each",
    "already_succeeded": "{} have succeeded already: they are sent again",
}
REDECIDED = {"already_succeeded": "{} have succeeded already: they are not repeated"}


def replay(  # noqa: PLR0917
    ids: filters.Ids = None,
    group: filters.Group = None,
    state: filters.States = None,
    connection: filters.Connection = None,
    rule: filters.Rule = None,
    subject: filters.Subject = None,
    event: Annotated[str | None, typer.Option(help="All that one event led to: evt_…")] = None,
    text: filters.Words = None,
    since: filters.Since = None,
    until: filters.Until = None,
    mode: Annotated[
        ReplayMode, typer.Option(help="again: the same action; redecide: today's rules.")
    ] = ReplayMode.AGAIN,
    most: filters.Most = 500,
    force: Annotated[
        bool, typer.Option("--force", help="Send also where newer state went out.")
    ] = False,
    new_write_key: Annotated[
        bool, typer.Option("--new-write-key", help="Do not look for an earlier write: a new one.")
    ] = False,
    plan: Annotated[str | None, typer.Option(help="Run this plan instead of a new one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, run nothing.")] = False,
    why: filters.Why = "",
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Plan, show the plan, ask, run. Without ids, --event or --state: what is dead.

    Example: bridge replay --connection jira --why "project ENG is back"

    bridge replay --event evt_7rq326q22vg77api73qlizxvdq --mode redecide
    """
    api = Api()
    if plan:
        made = api.read(f"/replays/{part(plan)}")
    else:
        wanted = filters.deliveries(
            ids, state, group=group, connection=connection, rule=rule, subject=subject,
            event=event, text=text, since=since, until=until,
        )  # fmt: skip
        wish = {"filter": wanted, "mode": mode, "most": most, "force": force, "why": why}
        made = api.act("/replays", wish | {"new_write_key": new_write_key})
    _decide(api, made, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command("show")
def show(plan: str, as_json: Json = False) -> None:
    """How far a replay is. Example: bridge replays show rpl_7rq326q22vg77api73qlizxvdq"""
    found = Api().read(f"/replays/{part(plan)}")
    if as_json:
        whole(found)
        return
    _show(found)


@app.command("cancel")
def stop(plan: str) -> None:
    """Owe no more of it; what was owed already stays. Example: bridge replays cancel rpl_7rq326"""
    found = Api().act(f"/replays/{part(plan)}:cancel", {})
    typer.echo(f"cancelled after {found['done']} of {found['total']}")


def _decide(api: Api, made: Mapping[str, Any], *, dry_run: bool, yes: bool, as_json: bool) -> None:
    ask = not yes and not as_json
    if not as_json:
        _show(made)
    if not made["total"] or dry_run or (as_json and not yes):
        if as_json:
            whole(made)
        return
    if ask:
        typer.confirm(f"replay these {made['total']}?", abort=True)
    api.act(f"/replays/{made['id']}:run", {})
    ended = _follow(api, made)
    if as_json:
        whole(ended)
        return
    what = "decided" if ended["mode"] == ReplayMode.REDECIDE else "owed"
    typer.echo(f"{ended['done']} of {ended['total']} {what} again; how it goes: bridge deliveries")


def _show(made: Mapping[str, Any]) -> None:
    counts = made["counts"]
    if not made["total"]:
        typer.echo("nothing to replay: no delivery fits")
        return
    several = [_several(name, counts[f"by_{name}"]) for name in ("connection", "rule", "state")]
    words = WARNINGS | (REDECIDED if made["mode"] == ReplayMode.REDECIDE else {})
    warnings = [text.format(counts[name]) for name, text in words.items() if counts.get(name)]
    if counts.get("more"):
        warnings.append(f"more than these {made['total']} fit: --most takes more at once")
    block(
        f"plan {made['id']}: {made['total']} to replay, mode {made['mode']}",
        *several,
        *warnings,
        f"{made['state']}: {made['done']} of {made['total']} done",
    )


def _several(name: str, counted: Mapping[str, int]) -> str:
    return f"by {name}: " + ", ".join(f"{key} {count}" for key, count in counted.items())


def _follow(api: Api, made: Mapping[str, Any]) -> Mapping[str, Any]:
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("replaying", total=made["total"])
        while True:
            now: Mapping[str, Any] = api.read(f"/replays/{made['id']}")
            progress.update(task, completed=now["done"])
            if now["state"] != "running":
                return now
            time.sleep(LOOK_SECONDS)
