"""The numbers, the events behind one of them, and who is missing in people.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bridge.cli.client import Api
from bridge.cli.show import Json, moment, table, whole
from bridge.insight.book import Name
from bridge.insight.words import rows

people = typer.Typer(no_args_is_help=True, help="Who is who: mappings/people.yaml.")
Since = Annotated[str, typer.Option(help="7d, 12h, 2026-11-01 or 2026-11-01T12:00:00Z")]
Until = Annotated[str | None, typer.Option(help="The same; left out: now.")]
DEADLINE = 300.0  # seconds: a year of events is counted one by one
CASES = ("event", "subject", "at", "standing", "seconds", "ended_by", "department", "reason")
STRANGERS = ("connection", "id", "name", "wanted_at", "seen", "last_at", "record", "why")
PEOPLE = ("connection", "id", "name", "events", "last_at", "last_event")


def stats(
    number: Annotated[Name | None, typer.Argument(help="Show the events behind it.")] = None,
    since: Since = "7d",
    until: Until = None,
    limit: Annotated[int, typer.Option(help="of the events behind a number")] = 50,
    as_json: Json = False,
) -> None:
    """Six numbers, or the events behind one. Example: bridge stats due_moves --since 30d"""
    if number is not None:
        _behind(number, since, until, limit, as_json=as_json)
        return
    api = Api(deadline=DEADLINE)
    found: Mapping[str, Any] = api.read("/stats", since=since, until=until)
    if as_json:
        whole(found)
        return
    window = found["window"]
    typer.echo(f"from {moment(window['since'])} until {moment(window['until'])} UTC")
    table(rows(found), ("number", "n", "says", "open", "left out"), as_json=False)
    strangers = found["unattributed_events"]
    if strangers:
        typer.echo(f"{strangers} events are nobody's we know: bridge people unattributed")
    typer.echo("the events behind a number: bridge stats NUMBER; why: bridge explain EVENT")


@people.command("unattributed")
def unattributed(since: Since = "30d", until: Until = None, as_json: Json = False) -> None:
    """Who acted and is in no department of mappings/people.yaml. Example: bridge people unattributed"""
    table(Api().read("/people/unattributed", since=since, until=until), PEOPLE, as_json=as_json)


@people.command("unresolved")
def unresolved(
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="how many at most")] = 200,
    as_json: Json = False,
) -> None:
    """Who has no account at the other system, so that fields stay as they are there. Example: bridge people unresolved

    Under the table stands the line of mappings/people.yaml that says who each of them is.
    """
    found = Api().read("/people/unresolved", limit=limit)
    table(found, STRANGERS, as_json=as_json)
    for one in () if as_json else found:
        typer.echo(one["remedy"])


def _behind(number: Name, since: str, until: str | None, limit: int, *, as_json: bool) -> None:
    found = Api().read(f"/stats/{number}/events", since=since, until=until, limit=limit)
    table(found["items"], CASES, as_json=as_json)
    if found["next"] and not as_json:
        typer.echo(f"there are more: --limit up to 200, or GET /api/v1/stats/{number}/events")
