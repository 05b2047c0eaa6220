"""Replays: a plan is shown first and runs only when it was looked at."""

import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bridge.cli import filters, replay_page
from bridge.cli.client import Api, part
from bridge.cli.group import FAULT, noun
from bridge.cli.show import Json, ago, block, more, whole
from bridge.errors import SettingError
from bridge.pipeline.replay.wish import Newer, ReplayMode

app = noun("Replays that were planned, and how far they are.")
LOOK_SECONDS = 0.5
ALL = 100  # per cent
GOES = frozenset({"planning", "running"})
Mode = Annotated[
    ReplayMode,
    typer.Option(help="again: the same action; redecide: today's rules; then: those of then."),
]
Instead = Annotated[
    Newer, typer.Option(help="Where newer state went out: skip it, or send the newer one.")
]
Force = Annotated[bool, typer.Option("--force", help="Send also where newer state went out.")]
NewKey = Annotated[
    bool, typer.Option("--new-write-key", help="Do not look for an earlier write: a new one.")
]
PaceOf = Annotated[str | None, typer.Option(help="120 a minute, or 10% of the vendors' limits.")]
Id = Annotated[str, typer.Argument(help="rpl_…, as `bridge replays` shows it.")]


@filters.sought()
def replay(  # noqa: PLR0917
    sought: Mapping[str, Any],
    mode: Mode = ReplayMode.AGAIN,
    most: filters.Most = 100_000,
    newer: Instead = Newer.SKIP,
    force: Force = False,
    new_write_key: NewKey = False,
    pace: PaceOf = None,
    plan: Annotated[str | None, typer.Option(help="Run this plan instead of a new one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, run nothing.")] = False,
    why: filters.Why = "",
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Plan, show it, ask, run. Without ids, --event, --message, --hold or --state: what is dead. Examples: bridge replay --connection jira --since 2d --why "ENG is back" --pace 120; bridge replay --event evt_7rq326q22vg77api73qlizxvdq --mode redecide"""
    wanted = filters.dead_unless_said(sought)
    wish = {"filter": wanted, "mode": mode, "most": most, "newer": newer, "force": force}
    wish |= {"new_write_key": new_write_key, "pace": _pace(pace), "why": why}
    if yes and not plan and not dry_run:
        filters.reason(why, ask=False)
    made = _plan(plan, wish, quiet=as_json)
    _decide(made, why or made["why"], dry_run=dry_run, yes=yes, as_json=as_json)


@app.command("list")
def listing(
    state: Annotated[str | None, typer.Option(help="planned, running, paused, done …")] = None,
    limit: filters.Limit = 20,
    as_json: Json = False,
) -> None:
    """The newest replays. Example: bridge replays --state running"""
    found, following = Api().pages("/replays", limit=limit, state=state)
    if as_json:
        whole(found)
        return
    for one in found:
        block(
            f"{one['id']}  {one['state']}, {one['done']} of {one['total']}",
            f"mode {one['mode']}, by {one['run_by'] or one['principal']}, {ago(one['created_at'])}",
            one["why"],
            f"waits: {one['waits']}" if one["waits"] else "",
        )
    if not found:
        typer.echo("no replay fits")
    more(following, len(found))


@app.command("show")
def show(replay: Id, as_json: Json = False) -> None:
    """Its plan, and how far it is. Example: bridge replays show rpl_7rq326q22vg77api73qlizxvdq"""
    found = Api().read(f"/replays/{part(replay)}")
    if as_json:
        whole(found)
        return
    replay_page.plan(found)
    if found["state"] not in {"planning", "planned"}:
        replay_page.progress(found)


@app.command("items")
def items(
    replay: Id,
    moved: Annotated[bool, typer.Option("--moved", help="What came otherwise.")] = False,
    will: Annotated[str | None, typer.Option(help="send, give_way, dead …")] = None,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """What is planned for each, and what came of it. Example: bridge replays items rpl_7rq326 --moved"""
    path = f"/replays/{part(replay)}/items"
    found, following = Api().pages(
        path, limit=limit, will=will, moved=moved or None, order="oldest"
    )
    if as_json:
        whole(found)
        return
    for one in found:
        replay_page.item(one)
    if not found:
        typer.echo("nothing fits")
    if following:
        typer.echo(f"these are the first {len(found)}; --limit shows more", err=True)


@app.command("follow")
def follow(replay: Id, as_json: Json = False) -> None:
    """Watch one until it is over. Ctrl-C leaves it running. Example: bridge replays follow rpl_7rq326

    Exit code 1 if somebody paused or cancelled it.
    """
    api = Api()
    ended = _follow(api, api.read(f"/replays/{part(replay)}"), "replaying", quiet=as_json)
    if as_json:
        whole(ended)
    else:
        replay_page.progress(ended)
    _leave(ended)


@app.command("pause")
def pause(replay: Id, as_json: Json = False) -> None:
    """Owe no more of it for now; what was owed goes on. Example: bridge replays pause rpl_7rq326"""
    found = Api().act(f"/replays/{part(replay)}:pause", {})
    if as_json:
        whole(found)
        return
    typer.echo(f"paused after {found['done']} of {found['total']}")
    typer.echo(f"bridge replays resume {replay}")


@app.command("resume")
def resume(replay: Id, as_json: Json = False) -> None:
    """Go on where it was. Example: bridge replays resume rpl_7rq326"""
    found = Api().act(f"/replays/{part(replay)}:resume", {})
    if as_json:
        whole(found)
        return
    typer.echo(f"goes on after {found['done']} of {found['total']}")
    typer.echo(f"bridge replays follow {replay}")


@app.command("cancel")
def stop(replay: Id, as_json: Json = False) -> None:
    """Owe no more of it; what was owed already stays. Example: bridge replays cancel rpl_7rq326"""
    found = Api().act(f"/replays/{part(replay)}:cancel", {})
    if as_json:
        whole(found)
        return
    typer.echo(f"cancelled after {found['done']} of {found['total']}")


def _plan(plan: str | None, wish: Mapping[str, Any], *, quiet: bool) -> Mapping[str, Any]:
    """That plan, or a new one as soon as it is whole."""
    api = Api()
    if plan:
        found: Mapping[str, Any] = api.read(f"/replays/{part(plan)}")
        return found
    return _follow(api, api.act("/replays", wish), "planning", quiet=quiet)


def _decide(made: Mapping[str, Any], why: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    if not as_json:
        replay_page.plan(made)
    if not made["total"] or dry_run or (as_json and not yes):
        if as_json:
            whole(made)
        return
    if not yes:
        typer.confirm(f"replay these {made['total']}?", abort=True)
    api, why = Api(), filters.reason(why, ask=not yes)
    begun = api.act(f"/replays/{part(made['id'])}:run", {"why": why})
    ended = _follow(api, begun, "replaying", quiet=as_json)
    if as_json:
        whole(ended)
    else:
        what = "owed" if ended["mode"] == ReplayMode.AGAIN else "decided"
        done = f"{ended['done']} of {ended['total']} {what} again"
        typer.echo(f"{done}; how it goes: bridge deliveries")
        for line in (*replay_page.moved(ended), *replay_page.rest(ended)):
            typer.echo(line)
    _leave(ended)


def _leave(ended: Mapping[str, Any]) -> None:
    """What somebody stopped before its end is not what was asked for."""
    if ended["state"] in replay_page.STOPPED:
        raise typer.Exit(FAULT)


def _follow(api: Api, made: Mapping[str, Any], what: str, *, quiet: bool) -> Mapping[str, Any]:
    """Until it rests or is over, with a bar on a terminal. Ctrl-C leaves it to the server."""
    console, now = Console(stderr=True), made
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    hidden = quiet or not sys.stderr.isatty()
    try:
        with Progress(
            *columns, TextColumn("{task.fields[left]}"), console=console, disable=hidden
        ) as bar:
            task = bar.add_task(what, total=made["total"] or None, left="")
            while now["state"] in GOES:
                time.sleep(LOOK_SECONDS)
                now = api.read(f"/replays/{part(made['id'])}")
                total = now["total"] if now["state"] != "planning" else None
                bar.update(task, completed=now["done"], total=total, left=_left(now))
    except KeyboardInterrupt:
        typer.echo(f"it goes on; to see how: bridge replays follow {made['id']}", err=True)
        typer.echo(f"to stop it: bridge replays pause {made['id']}", err=True)
        raise typer.Exit(0) from None
    return now


def _left(now: Mapping[str, Any]) -> str:
    if now["waits"]:
        return str(now["waits"])
    if now["state"] == "planning":
        return f"{now['total']} so far"
    eta = now["eta_seconds"]
    return "" if eta is None else f"about {replay_page.duration(eta)} left"


def _pace(text: str | None) -> dict[str, float]:
    """`120` a minute, or `10%`."""
    if text is None:
        return {}
    try:
        if text.endswith("%") and 0 < float(text[:-1]) <= ALL:
            return {"share": float(text[:-1]) / ALL}
        if int(text) > 0:
            return {"per_minute": int(text)}
    except ValueError:
        pass
    raise SettingError(f"--pace: {text!r} is none; write 120 (a minute), or 10% (of the limits)")
