"""Is all well? What is wrong, who was told, and who did what."""

from typing import Annotated, Any

import typer

from bridge.cli import filters
from bridge.cli.client import PAGE, Api
from bridge.cli.group import FAULT, noun
from bridge.cli.show import Json, ago, block, count, fields, more, table, whole

RESTING = {"replay": "bridge replays --state paused", "backfill": "bridge backfills"}
alarms = noun("What is wrong, and what to do about it.")
audit = noun("What people did.")


def status(as_json: Json = False) -> None:
    """Is all well? What needs a person, in one page; exit code 1 if anything does.

    Example: bridge status || bridge failures
    """
    api = Api()
    groups = api.read("/deliveries/groups")
    found = {
        **api.read("/status"),
        "paused": [one for one in api.read("/connections") if one["state"] != "open"],
        "dead": sum(one["count"] for one in groups),
        "causes": len(groups),
        "holds": api.pages("/holds", limit=PAGE)[0],
        "resting": _resting(api),
        "alarms": api.pages("/alarms", limit=PAGE, state="down")[0],
    }
    well = not any(found[name] for name in ("not_ready", "paused", "dead", "holds", "alarms"))
    if as_json:
        whole({"well": well, **found})
    else:
        _status(found)
        if well:
            typer.echo("nothing needs a person")
    if not well:
        raise typer.Exit(FAULT)


@alarms.command("list")
def alarm_list(
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """What is wrong now, who was told, what to do. Example: bridge alarms --all"""
    found, following = Api().pages("/alarms", limit=limit, state=None if every else "down")
    if as_json:
        whole(found)
        return
    for one in found:
        _alarm(one)
    if not found:
        typer.echo("no alarm" if every else "nothing is wrong that was noticed")
    more(following, len(found))


@audit.command("list")
def audit_list(
    principal: Annotated[str | None, typer.Option(help="Only what this one did.")] = None,
    verb: Annotated[str | None, typer.Option(help="replay, cancel, release, reveal, …")] = None,
    target: Annotated[str | None, typer.Option(help="The id or name it was done to.")] = None,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """Who did what, when and why; needs operator. Example: bridge audit --verb reveal"""
    found, following = Api().pages(
        "/audit", limit=limit, principal=principal, verb=verb, target=target
    )
    table(found, ("at", "principal", "verb", "target", "reason"), as_json=as_json)
    if not as_json:
        more(following, len(found))


def _resting(api: Api) -> dict[str, list[str]]:
    """Ids of replays and backfills that are paused: no fault, but half done."""
    replays = api.pages("/replays", limit=PAGE, state="paused")[0]
    past = [one for one in api.read("/backfills") if one["state"] == "paused"]
    return {
        "replay": [one["id"] for one in replays],
        "backfill": [one["id"] for one in past],
    }


def _status(found: dict[str, Any]) -> None:
    trouble = found["not_ready"]
    typer.echo(f"{found['node']} {'does not work: ' + trouble if trouble else 'works'}")
    if found["after_restore"]:
        block("after a restore", found["after_restore"], colour="yellow")
    for one in found["paused"]:
        block(f"{one['name']} is paused ({one['state']})", one["reason"], colour="red")
    if found["dead"]:
        typer.echo(f"{found['dead']} dead, {count(found['causes'], 'cause')}: bridge failures")
    if found["holds"]:
        typer.echo(f"{count(len(found['holds']), 'hold')}: bridge holds")
    for what, where in RESTING.items():
        if found["resting"][what]:
            typer.echo(f"{count(len(found['resting'][what]), what)} paused, half done: {where}")
    for one in found["alarms"]:
        _alarm(one)


def _alarm(one: dict[str, Any]) -> None:
    told = f"{one['address']}, {ago(one['said_at'])}" if one["said_at"] else "nobody yet"
    down = one["state"] == "down"
    block(
        f"{one['kind']}: {one['key']}, {'since' if down else 'over since'} {ago(one['since'])}",
        one["text"],
        one["over"],
        colour="red" if down else None,
    )
    fields({"do": one["remedy"] if down else "", "see": one["link"], "told": told})
