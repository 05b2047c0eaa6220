"""Options that several commands share, and the filter of deliveries that they make."""

from datetime import datetime
from typing import Annotated, Any

import typer

from bridge.canonical.duration import parse
from bridge.canonical.event import Origin
from bridge.clock import SystemClock
from bridge.errors import SettingError

DEAD = "dead"

Connection = Annotated[str | None, typer.Option(help="Only this connection.")]
Rule = Annotated[str | None, typer.Option(help="Only this rule.")]
Action = Annotated[str | None, typer.Option(help="Only this action, as jira.create_issue.")]
Customer = Annotated[str | None, typer.Option(help="Only what is about this customer, a ref.")]
Origins = Annotated[
    Origin | None, typer.Option("--origin", help="Only what came that way: webhook, poll, …")
]
Error = Annotated[
    str | None, typer.Option(help="How or by which code it failed: permanent, ambiguous, 404 …")
]
Subject = Annotated[str | None, typer.Option(help="Only this ref, as jira:issue:10231.")]
Words = Annotated[str | None, typer.Option("--text", help="Words of the error.")]
Group = Annotated[str | None, typer.Option(help="One cause, as `bridge failures` names it.")]
States = Annotated[list[str] | None, typer.Option("--state", help="dead, pending, held, …")]
Since = Annotated[str | None, typer.Option(help="2h, 7d, or a time as 2026-11-23T09:00Z.")]
Until = Annotated[str | None, typer.Option(help="The same; without it until now.")]
OfEvent = Annotated[str | None, typer.Option("--event", help="All that one event led to: evt_…")]
OfMessage = Annotated[
    str | None, typer.Option("--message", help="All that one message led to: msg_…")
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Most = Annotated[int, typer.Option(min=1, max=100_000, help="Deliveries at most.")]
Why = Annotated[str, typer.Option(help="The reason; it stands in the audit.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids; or use the filters.")]


def instant(text: str | None, option: str) -> str | None:
    """The time that an option means, for the API: so long ago, or at that moment (UTC if unsaid)."""
    if not text:
        return None
    try:
        return (SystemClock().now() - parse(text)).isoformat()
    except ValueError:
        pass
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(
            f"{option}: {text!r} is no time; use 30m, 2h, 7d, or 2026-11-23T09:00Z"
        ) from None
    return given.isoformat() if given.tzinfo else f"{given.isoformat()}Z"


def deliveries(ids: list[str] | None, state: list[str] | None, **given: Any) -> dict[str, Any]:
    """The filter as the API takes it. Without ids, an event, a message or a state: what is dead."""
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value}
    for name in ("since", "until"):
        if name in wanted:
            wanted[name] = instant(wanted[name], f"--{name}")
    if ids:
        wanted["ids"] = ids
    if state or not (ids or wanted.get("event") or wanted.get("message")):
        wanted["state"] = state or [DEAD]
    return wanted
