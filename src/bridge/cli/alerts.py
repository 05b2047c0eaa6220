"""What people are told of, what waits to be told, and what is silenced."""

from typing import Annotated, Any

import typer

from bridge.canonical.duration import parse
from bridge.cli import filters
from bridge.cli.client import Api, part
from bridge.cli.group import noun
from bridge.cli.show import Json, ago, block, moment, more, table, whole
from bridge.clock import SystemClock
from bridge.errors import SettingError

alerts = noun("What fires, waits to be told, or is silenced.")
silences = noun("What is not to be told, until when.")
Matchers = Annotated[
    list[str], typer.Argument(help="label=value, label!=value, label=~regex or label!~regex.")
]


@alerts.command("list")
def alert_list(
    state: Annotated[
        str | None, typer.Option(help="firing, waiting, silenced, resolved or over")
    ] = None,
    rule: filters.Rule = None,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """Groups of alerts and how they stand. Example: bridge alerts --state firing"""
    found, following = Api().pages("/alerts", limit=limit, state=state, rule=rule)
    if as_json:
        whole(found)
        return
    for one in found:
        _group(one)
    if not found:
        typer.echo(f"no group is {state}" if state else "nothing fires, waits or is silenced")
    more(following, len(found))


@alerts.command("show")
def show(
    group: Annotated[str, typer.Argument(help="grp_…, as `bridge alerts` shows it.")],
    as_json: Json = False,
) -> None:
    """One group with its alerts and cards. Example: bridge alerts show grp_7n6kq2c3v5d4"""
    found = Api().read(f"/alerts/{part(group)}")
    if as_json:
        whole(found)
        return
    _group(found)
    for one in found["alerts"]:
        _alert(one)
    for card in found["cards_told"]:
        told = f"{card['firing']} firing, {card['resolved']} resolved ({card['why']})"
        typer.echo(f"  card {moment(card['at'])}  {told}  {card['delivery_id']}")


@silences.command("list")
def silence_list(
    state: Annotated[str | None, typer.Option(help="active, pending or expired")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    limit: filters.Limit = 50,
    as_json: Json = False,
) -> None:
    """Silences that hold or will. Example: bridge silences --all"""
    found, following = Api().pages("/silences", limit=limit, state=state)
    if state is None and not every:
        found = [one for one in found if one["state"] != "expired"]
    if as_json:
        whole(found)
        return
    shown = [{**one, "what": " ".join(one["matchers"]), "why": one["comment"]} for one in found]
    table(shown, ("id", "state", "ends_at", "author", "what", "why"), as_json=False)
    more(following, len(found))


@silences.command("add")
def add(
    matchers: Matchers,
    lasts: Annotated[
        str, typer.Option("--for", help="30m, 8h, 2d; or until a time as 2026-11-26T06:00Z.")
    ],
    starts: Annotated[
        str | None, typer.Option("--from", help="The same, from now on; left out: at once.")
    ] = None,
    why: filters.Why = "",
    as_json: Json = False,
) -> None:
    """Do not tell what fits every matcher. Example: bridge silences add rule=incident-raised 'work_item.project=~"CLOUD|NET"' --for 2h --why "planned move" """
    begin = _later(starts, "--from")
    body = {"matchers": matchers, "ends_at": _later(lasts, "--for"), "comment": why}
    done = Api().act("/silences", {**body, **({"starts_at": begin} if begin else {})})
    if as_json:
        whole(done)
        return
    typer.echo(
        f"{done['id']} silences {' '.join(done['matchers'])} until {moment(done['ends_at'])} UTC"
    )
    typer.echo(f"to end it sooner: bridge silences expire {done['id']}")


@silences.command("expire")
def expire(
    silence: Annotated[str, typer.Argument(help="slc_…, as `bridge silences` shows it.")],
    why: filters.Why = "",
    as_json: Json = False,
) -> None:
    """End a silence now; what still fires is told. Example: bridge silences expire slc_7n6kq2c3v5d4"""
    done = Api().act(f"/silences/{part(silence)}:expire", {"why": why})
    if as_json:
        whole(done)
        return
    typer.echo(f"{silence} is over; what it silenced and still fires is told")


def _group(one: dict[str, Any]) -> None:
    counts = ", ".join(f"{number} {name}" for name, number in one["counts"].items() if number)
    told = (
        f"told {ago(one['told_at'])} in {one['cards']} cards" if one["told_at"] else "not told yet"
    )
    looked = f"looked at next {moment(one['look_at'])} UTC" if one["look_at"] else ""
    colour = {"firing": "red", "waiting": "yellow"}.get(one["state"])
    block(
        f"{one['id']}  {one['state']}  {one['title']}",
        f"rule {one['rule']}, step {one['step']}, to {one['receiver']}",
        ", ".join(part for part in (counts, told, looked) if part),
        colour=colour,
    )


def _alert(one: dict[str, Any]) -> None:
    seen = f"{one['times']} times since" if one["times"] > 1 else "since"
    silenced = f", silenced by {one['silenced_by']}" if one["silenced_by"] else ""
    waits = f", waits until {moment(one['waits_until'])}" if one["waits_until"] else ""
    said = f": {one['reason']}" if one["reason"] else ""
    head = f"  {one['state']:<9} {one['subject']}  {seen} {moment(one['raised_at'])}"
    typer.echo(f"{head}{waits}{silenced}{said}")


def _later(text: str | None, option: str) -> str | None:
    """The time an option means, for the API: in so long, or at that moment (UTC if unsaid)."""
    if text is None:
        return None
    try:
        return (SystemClock().now() + parse(text)).isoformat()
    except ValueError:
        pass
    try:
        return filters.instant(text, option)
    except SettingError:
        raise SettingError(
            f"{option}: {text!r} is no time; use 30m, 2h, 7d, or 2026-11-26T06:00Z"
        ) from None
