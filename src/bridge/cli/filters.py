"""Options that several commands share, and the filter of deliveries that they make."""

import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any

import typer

from bridge.canonical.duration import parse
from bridge.canonical.event import Origin
from bridge.cli.client import Api
from bridge.clock import SystemClock
from bridge.errors import SettingError

DEAD = "dead"
REF_COLONS = 2  # jira:issue:10231

Connection = Annotated[str | None, typer.Option(help="Only this connection.")]
Rule = Annotated[str | None, typer.Option(help="Only this rule.")]
Action = Annotated[str | None, typer.Option(help="Only this action, as jira.create_issue.")]
Customer = Annotated[
    str | None, typer.Option(help="Only what is about this customer: a ref or URL.")
]
Origins = Annotated[
    Origin | None, typer.Option("--origin", help="Only what came that way: webhook, poll, …")
]
Error = Annotated[
    str | None, typer.Option(help="How or by which code it failed: permanent, ambiguous, 404 …")
]
Subject = Annotated[
    str | None, typer.Option(help="Only this record: a case number, issue key, URL or ref.")
]
Words = Annotated[str | None, typer.Option("--text", help="Words of the error.")]
Group = Annotated[str | None, typer.Option(help="One cause, as `bridge failures` names it.")]
States = Annotated[list[str] | None, typer.Option("--state", help="dead, pending, held, …")]
Since = Annotated[str | None, typer.Option(help="2h, 7d, or a time as 2026-11-23T09:00Z.")]
Until = Annotated[str | None, typer.Option(help="The same; without it until now.")]
OfEvent = Annotated[str | None, typer.Option("--event", help="All that one event led to: evt_…")]
OfMessage = Annotated[
    str | None, typer.Option("--message", help="All that one message led to: msg_…")
]
OfHold = Annotated[
    str | None, typer.Option("--hold", help="All that waits, or waited, in one hold.")
]
Uncertain = Annotated[
    bool | None,
    typer.Option("--uncertain/--certain", help="What may have been taken twice, or not."),
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")]
Most = Annotated[int, typer.Option(min=1, max=100_000, help="Deliveries at most.")]
Why = Annotated[str, typer.Option(help="The reason; it stands in the audit.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids; or use the filters.")]


def reason(why: str, *, ask: bool) -> str:
    """Why it is done, which the audit wants to know; asked for where somebody is there."""
    said = why.strip()
    if not said and not ask:
        raise SettingError("--why is missing: who does this and why stands in the audit")
    while not said:
        said = str(typer.prompt("why? it stands in the audit")).strip()
    return said


def ref_of(text: str | None) -> str | None:
    """The ref of the record that people name so; a ref is one, whether its record is known or not."""
    if not text or ("://" not in text and text.count(":") >= REF_COLONS):
        return text
    return str(Api().read("/records", ref=text)["ref"])


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


FORM: Mapping[str, Any] = {
    "ids": Ids,
    "state": States,
    "group": Group,
    "connection": Connection,
    "rule": Rule,
    "action": Action,
    "subject": Subject,
    "customer": Customer,
    "origin": Origins,
    "event": OfEvent,
    "message": OfMessage,
    "error": Error,
    "text": Words,
    "hold": OfHold,
    "uncertain": Uncertain,
    "since": Since,
    "until": Until,
}


def sought(*but: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the filter's options, all `but` these.

    They come to it as its argument `sought`: the filter as the API takes it.
    """

    def given(command: Callable[..., None]) -> Callable[..., None]:
        form = {name: kind for name, kind in FORM.items() if name not in but}

        @wraps(command)
        def run(**values: Any) -> None:
            command(sought=_filter({name: values.pop(name) for name in form}), **values)

        own = inspect.signature(command).parameters
        options = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in form.items()
        ]
        options += [
            one.replace(kind=Parameter.KEYWORD_ONLY) for one in own.values() if one.name != "sought"
        ]
        run.__annotations__ = {one.name: one.annotation for one in options}
        vars(run)["__signature__"] = inspect.Signature(options)
        return run

    return given


def dead_unless_said(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Without ids, an event, a message, a hold or a state: what is dead."""
    said = wanted.keys() & {"ids", "event", "message", "hold", "state"}
    return dict(wanted) if said else {**wanted, "state": [DEAD]}


def _filter(values: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: value for name, value in values.items() if value not in (None, [], "")}
    for name in wanted.keys() & {"since", "until"}:
        wanted[name] = instant(wanted[name], f"--{name}")
    for name in wanted.keys() & {"subject", "customer"}:
        wanted[name] = ref_of(wanted[name])
    return wanted
