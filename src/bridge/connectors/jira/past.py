"""The past of issues: that they were made, and every entry of their changelogs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.history import Moved, Past
from bridge.connectors.jira.changelog import moved
from bridge.connectors.jira.client import JiraClient, Json
from bridge.connectors.jira.moment import moment
from bridge.connectors.jira.payloads import History, User
from bridge.connectors.jira.snapshot import actor
from bridge.errors import Malformed, PermanentError

FIELDS = ("creator",)


def history(
    client: JiraClient, object_: str, snapshots: Sequence[Snapshot]
) -> Mapping[Ref, Sequence[Past]]:
    """One call an issue, and more for a long changelog. Raises DeliveryErrors."""
    categories = {
        str(one.get("id")): one.get("statusCategory") for one in client.listed("status")
    }  # the log does not say them, and a status that is gone has none
    return {one.ref: _past(client, one, categories) for one in snapshots}


def _past(client: JiraClient, shown: Snapshot, categories: Json) -> Sequence[Past]:
    """The issue's own fields are the pattern for the values of its log."""
    entries = [_entry(raw, shown, categories) for raw in _log(client, shown.ref.id)]
    found = [one for one in entries if one is not None]
    return [*sorted(found, key=_order, reverse=True), *_made(shown)]


def _order(one: Past) -> tuple[datetime, int, str]:
    """By time; of one moment, by the number that Jira gave."""
    return one.at, len(one.version), one.version


def _log(client: JiraClient, issue: str) -> Iterator[Json]:
    try:
        yield from client.changelog(issue)
    except PermanentError as error:
        if error.code != "404":  # it was deleted since it was read
            raise


def _entry(raw: Json, shown: Snapshot, categories: Json) -> Past | None:
    try:
        entry = History.model_validate(raw)
    except ValidationError as error:
        text = (
            f"issue {shown.ref.id}: a changelog with {error.error_count()} members that are wrong"
        )
        raise Malformed(text) from None
    at, lines = moment(entry.created), moved(entry.items, shown.fields)
    if at is None or not lines:
        return None
    whole = tuple(_with_category(one, categories) for one in lines)
    return Past(version=entry.id, at=at, moved=whole, actor=actor(entry.author))


def _with_category(line: Moved, categories: Json) -> Moved:
    if line.field != "status":
        return line
    return replace(
        line,
        before=_status(line.before, categories),
        after=_status(line.after, categories),
    )


def _status(shown: Any, categories: Json) -> Any:
    if not isinstance(shown, Mapping) or not categories.get(str(shown.get("id"))):
        return shown
    return {**shown, "statusCategory": categories[str(shown["id"])]}


def _made(shown: Snapshot) -> Sequence[Past]:
    if shown.created_at is None:
        return ()
    creator = shown.fields.get("creator")
    user = User.model_validate(creator) if isinstance(creator, Mapping) else None
    return [Past(act=Act.CREATED, version="", at=shown.created_at, actor=actor(user))]
