"""Looking: the sync log, failures by cause, why something happened."""

from typing import Annotated, Any

import typer

from bridge.cli.client import Api
from bridge.cli.show import table, whole

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def deliveries(  # noqa: PLR0917
    state: Annotated[list[str] | None, typer.Option(help="dead, pending, succeeded, …")] = None,
    connection: str | None = None,
    rule: str | None = None,
    subject: str | None = None,
    limit: int = 50,
    as_json: Json = False,
) -> None:
    """The sync log, newest first. Example: bridge deliveries --state dead --connection jira"""
    found = Api().read(
        "/deliveries", state=state, connection=connection, rule=rule, subject=subject, limit=limit
    )
    columns = ("id", "state", "action", "rule", "subject", "tries", "reason")
    table(found["items"], columns, as_json=as_json)


def failures(connection: str | None = None, rule: str | None = None, as_json: Json = False) -> None:
    """What is dead, by cause, with what to do and the command that replays it."""
    found = Api().read("/deliveries/groups", connection=connection, rule=rule)
    table(found, ("count", "connection", "action", "said", "remedy", "command"), as_json=as_json)


def explain(what: str, as_json: Json = False) -> None:
    """Why, for an event id, case number, issue key or URL. Example: bridge explain ENG-12"""
    found: list[dict[str, Any]] = Api().read("/explain", what=what)
    if as_json:
        whole(found)
        return
    typer.echo("\n\n".join(one["text"] for one in found))


def connections(as_json: Json = False) -> None:
    """The outside systems: open or paused, since when, why."""
    columns = ("name", "system", "mode", "state", "since", "reason")
    table(Api().read("/connections"), columns, as_json=as_json)
