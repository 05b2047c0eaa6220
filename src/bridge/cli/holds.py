"""What waits for a person."""

from itertools import pairwise
from typing import Annotated, Any

import typer

from bridge.access.keys import Role
from bridge.canonical.duration import parse
from bridge.canonical.spelled import spelled
from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, ago, block, count, moment, more, whole
from bridge.clock import SystemClock
from bridge.errors import SettingError
from bridge.outbox import wild
from bridge.outbox.hold import Then
from bridge.pipeline.syncing import conflicts

app = noun("Deliveries that wait for a person's decision.")
Id = Annotated[str, typer.Argument(help="hld_…, as `bridge holds` shows it.")]


@app.command("list")
def listing(
    state: Annotated[str, typer.Option(help="open, released, discarded or expired")] = "open",
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """What is held, since when, why. Example: bridge holds --state released"""
    found, following = Api().pages("/holds", limit=limit, state=state)
    if as_json:
        whole(found)
        return
    for one in found:
        block(
            f"{one['id']}  {one['kind']} {one['about']}",
            one["reason"],
            f"{one['state']}, made {ago(one['created_at'])}",
            _terms(one),
            *(f"{past['what']} by {past['by']}: {past['why']}" for past in one["decisions"]),
            _command(one) if one["state"] == "open" else "",
        )
    if not found:
        typer.echo(f"no hold is {state}")
    more(following, len(found))


@app.command("set")
def set_terms(  # noqa: PLR0917
    hold: Id,
    until: Annotated[
        str | None, typer.Option("--in", help="2h, 7d, or a time as 2026-11-23T09:00Z.")
    ] = None,
    then: Annotated[Then | None, typer.Option(help="What happens by itself at that time.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who looks after it.")] = None,
    may_decide: Annotated[Role | None, typer.Option(help="The least role that decides.")] = None,
    why: filters.Why = "",
    as_json: Json = False,
) -> None:
    """Say whose it is, and what happens if nobody decides. Example: bridge holds set hld_7n6kq2c3v5d4 --in 4h --then discard"""
    wish = {"until": _later(until), "then": then, "owner": owner, "may_decide": may_decide}
    said = {name: value for name, value in wish.items() if value is not None}
    if not said:
        raise SettingError("say what to set: --in with --then, --owner or --may-decide")
    if (until is None) != (then is None):
        raise SettingError("--in and --then go together: when it ends by itself, and how")
    done = Api().act(f"/holds/{part(hold)}:set", {**said, "why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{hold}: {_terms(done)}")


@app.command("release")
def release(hold: Id, why: filters.Why = "", as_json: Json = False) -> None:
    """Let them go. Example: bridge holds release hld_7n6kq2c3v5d4 --why "looked at" """
    done = Api().act(f"/holds/{part(hold)}:release", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"released: {count(done['count'], 'delivery', 'deliveries')}")


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
    typer.echo(f"cancelled: {count(done['count'], 'delivery', 'deliveries')}")


@app.command("conflict")
def conflict(hold: Id, as_json: Json = False) -> None:
    """Both values of a conflict, as they are now. Example: bridge holds conflict hld_7n6kq2c3v5d4"""
    found = Api().read(f"/holds/{part(hold)}/conflict")
    if as_json:
        whole(found)
        return
    typer.echo(f"{found['pair']}, of the sync {found['sync']}: both ends have changed it")
    for end, other in pairwise([*found["ends"], found["ends"][0]]):
        block(
            f"{end['connection']}  {end['key'] or end['ref']} {end['field']}",
            end["title"] or "",
            spelled(end["value"]) or "(empty)",
            _since(end),
            _given(end, other),
            f"bridge holds decide {hold} --take {end['connection']}" if not end["cannot"] else "",
        )
    typer.echo(f"{found['proposed']} was set last. To ask somebody without a key:")
    typer.echo(f"bridge holds invite {hold} --for NAME")


@app.command("decide")
def decide(
    hold: Id,
    take: Annotated[str, typer.Option(help="The connection whose value counts.")],
    why: filters.Why = "",
    as_json: Json = False,
) -> None:
    """Say whose value counts; the other end gets it. Example: bridge holds decide hld_7n6kq2c3v5d4 --take jira"""
    done = Api().act(f"/holds/{part(hold)}:decide", {"take": take, "why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['pair']}: the value of {take} goes to the other end")


@app.command("invite")
def invite(
    hold: Id,
    who: Annotated[str, typer.Option("--for", help="The person who is asked.")],
    take: Annotated[
        str, typer.Option(help="They may take this connection's value alone; left out: either.")
    ] = "",
    hours: Annotated[int, typer.Option(min=1, max=168, help="How long the link is good for.")] = 24,
    as_json: Json = False,
) -> None:
    """A signed link that asks somebody without a key. Example: bridge holds invite hld_7n6kq2c3v5d4 --for Anna"""
    api = Api()
    done = api.act(f"/holds/{part(hold)}:invite", {"who": who, "take": take, "hours": hours})
    if done["url"].startswith("/"):
        done["url"] = api.at(done["url"])
        typer.echo(
            "BRIDGE_PUBLIC_URL is not set: the link leads where this command asked", err=True
        )
    if as_json:
        whole(done)
        return
    typer.echo(f"{done['url']}\ngood until {moment(done['expires_at'])} UTC, for {who} alone")


def _since(end: dict[str, Any]) -> str:
    when = f"since {moment(end['changed_at'])} UTC" if end["changed_at"] else ""
    return f"{when}, by {end['changed_by']}" if end["changed_by"] else when


def _given(end: dict[str, Any], other: dict[str, Any]) -> str:
    """What would come of taking this one."""
    if end["cannot"]:
        return f"cannot be taken: {end['cannot']}"
    gets = spelled(end["gives"]) or "(empty)"
    return f"if it is taken, {other['key'] or other['ref']} gets: {gets}"


def _command(hold: dict[str, Any]) -> str:
    if hold["kind"] == conflicts.KIND:
        return f"bridge holds conflict {hold['id']}  (or discard, to leave both as they are)"
    if hold["kind"] == wild.KIND:
        return f"bridge rules release {hold['about']}  (or discard)"
    return f"bridge holds release {hold['id']}  (or discard)"


def _terms(hold: dict[str, Any]) -> str:
    """Whose it is, who may decide, and what happens by itself."""
    parts = [f"owner {hold['owner']}"] if hold["owner"] else []
    parts.append(f"decided by the role {hold['may_decide']} or above")
    if hold["until"]:
        parts.append(f"{hold['then']} by itself at {moment(hold['until'])} UTC")
    return ", ".join(parts)


def _later(text: str | None) -> str | None:
    """The time an option means, for the API: in so long, or at that moment (UTC if unsaid)."""
    if text is None:
        return None
    try:
        return (SystemClock().now() + parse(text)).isoformat()
    except ValueError:
        return filters.instant(text, "--in")
