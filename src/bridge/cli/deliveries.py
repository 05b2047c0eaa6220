"""The sync log: what was sent, what failed and why, and what must not be sent any more."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bridge.cli import editing, filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, ago, block, count, fields, moment, more, named, whole
from bridge.outbox.cause import remedy

app = noun("The sync log: what we owed the outside systems, and how it went.")
app.command("edit")(editing.edit)
COLOURS = {"dead": "red", "held": "yellow", "waiting": "yellow", "in_flight": "cyan"}


@app.command("list")
@filters.sought("ids")
def listing(sought: Mapping[str, Any], limit: filters.Limit = 20, as_json: Json = False) -> None:
    """The newest deliveries. Example: bridge deliveries --state dead --connection jira --since 2h"""
    found, following = Api().pages("/deliveries", limit=limit, **sought)
    if as_json:
        whole(found)
        return
    for one in found:
        _line(one)
    if not found:
        typer.echo("no delivery fits")
    more(following, len(found))


@app.command("show")
def show(
    delivery: str,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With values and bodies; needs admin, and is audited.")
    ] = False,
    as_json: Json = False,
) -> None:
    """One delivery with its attempts. Example: bridge deliveries show dlv_7n6kq2c3v5d4 --reveal"""
    path = f"/deliveries/{part(delivery)}"
    found = Api().read(f"{path}/revealed" if reveal else path)
    if as_json:
        whole(found)
        return
    _line(found)
    typer.echo()
    fields(
        {
            "step": found["step"],
            "event": found["event_id"],
            "message": found["message_id"],
            "for": found["subject"],
            "target": found["target_ref"],
            "write key": found["write_key"],
            "made": moment(found["created_at"]),
            "ended": moment(found["finished_at"]),
            "next try": moment(found["not_before"]) if found["state"] == "pending" else "",
            "replay": found["replay_id"],
            "hold": found["hold_id"],
            "went out in" if found["state"] == "merged" else "superseded by": found[
                "superseded_by"
            ],
            "carried": ", ".join(found["carried"]),
            "uncertain": "yes: it may have been taken twice" if found["uncertain"] else "",
            "values": found["args"],
            "result": found["result"],
            **_todo(found),
        }
    )
    for one in found["attempts"]:
        _attempt(one)


def failures(
    connection: filters.Connection = None,
    rule: filters.Rule = None,
    since: filters.Since = None,
    as_json: Json = False,
) -> None:
    """What is dead, by cause: what was said, what to do, what to run. Example: bridge failures --since 2h"""
    found = Api().read(
        "/deliveries/groups",
        connection=connection,
        rule=rule,
        since=filters.instant(since, "--since"),
    )
    if as_json:
        whole(found)
        return
    for one in found:
        block(f"{one['count']} × {one['action']} to {one['connection']}", colour="red")
        fields(
            {
                "rule": one["rule"],
                "said": _said(one["code"], one["said"]),
                "when": f"first {ago(one['first_at'])}, last {ago(one['last_at'])}",
                "do": one["remedy"],
                "see": f"bridge deliveries show {one['example']}",
                "run": one["command"],
            }
        )
        typer.echo()
    total = sum(one["count"] for one in found)
    typer.echo(f"{total} dead, {count(len(found), 'cause')}" if found else "nothing is dead")


@filters.sought()
def cancel(
    sought: Mapping[str, Any],
    most: filters.Most = 500,
    why: filters.Why = "",
    yes: filters.Yes = False,
    as_json: Json = False,
) -> None:
    """Do not send these (without filters: the dead ones); a cancelled create frees its link.

    Example: bridge cancel dlv_7n6kq2c3v5d4 --why "answered by phone"
    """
    wanted = filters.dead_unless_said(sought)
    if not yes:
        said = ", ".join(f"{name} {_plain(value)}" for name, value in wanted.items())
        typer.confirm(f"cancel all deliveries with {said}?", abort=True)
    gone = Api().act("/deliveries:cancel", {"filter": wanted, "most": most, "why": why})
    if as_json:
        whole(gone)
        return
    typer.echo(f"{gone['count']} cancelled")
    if "ids" in wanted and not gone["count"]:
        typer.echo("what is in flight or over cannot be: bridge deliveries show ID", err=True)


def _line(one: Mapping[str, Any]) -> None:
    tries = f", {one['tries']} tries" if one["tries"] > 1 else ""
    block(
        f"{one['state']:<10} {one['action']} to {one['connection']}",
        f"{one['id']}  {moment(one['created_at'])}{tries}",
        f"{one['rule']}  for {named(one, 'subject')}{_target(one)}",
        one["reason"],
        colour=COLOURS.get(one["state"]),
    )


def _target(one: Mapping[str, Any]) -> str:
    """Where it goes, if that is another record than the one it is about."""
    target = named(one, "target")
    return f" to {target}" if target and one["target_ref"] != one["subject"] else ""


def _attempt(one: Mapping[str, Any]) -> None:
    typer.echo()
    block(
        f"attempt {one['number']}  {moment(one['started_at'])}  {one['outcome']}",
        f"{one['seconds']:.2f} s on {one['node']}",
        _said(one["error_code"], one["error"]),
    )
    for call in one["exchanges"]:
        typer.echo(f"  {call['method']} {call['url']} {call['status'] or 'no answer'}")
        fields(
            {"sent": call.get("request"), "answered": call.get("response")},
            indent="    ",
        )


def _todo(found: Mapping[str, Any]) -> dict[str, str]:
    if found["state"] != filters.DEAD:
        return {}
    said = remedy(found["error_kind"], found["error_code"])
    return {"what to do": said, "run": f"bridge replay {found['id']}"}


def _said(code: str, text: str) -> str:
    return text if not code or text.startswith(code) else f"{code}: {text}"


def _plain(value: Any) -> str:
    return " or ".join(value) if isinstance(value, list) else str(value)
