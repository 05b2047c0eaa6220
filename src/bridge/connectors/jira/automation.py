"""Automation's "Send web request": no envelope, ids as numbers, and whatever the rule's author wrote.

Custom data is flat, and a text stands where an issue has an object: it becomes that object, so
that a source's paths (`status.name`) read a webhook and an automation alike.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bridge.connectors.contract import Snapshot
from bridge.connectors.jira.payloads import AutomationData, Issue
from bridge.connectors.jira.snapshot import Scene, seen_issue
from bridge.errors import Malformed

ENVELOPE = frozenset({"source", "rule", "eventId", "issueId", "issueKey", "fields"})
OBJECTS = {
    "status": "name",
    "priority": "name",
    "resolution": "name",
    "issuetype": "name",
    "project": "key",
}


def is_issue(payload: Mapping[str, Any]) -> bool:
    """The formats "Issue data": the root is the issue itself."""
    return "id" in payload and isinstance(payload.get("fields"), Mapping)


def automation_data(scene: Scene, payload: Mapping[str, Any]) -> Snapshot:
    """Custom data as a partial issue. Raises Malformed."""
    try:
        data = AutomationData.model_validate(payload)
        shown = Issue(id=data.issue_id, key=data.issue_key, fields=_fields(payload))
    except ValidationError as error:
        raise Malformed("custom data that is not as our README proposes it") from error
    return seen_issue(scene, shown, version=data.event_id or "")


def _fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: _value(name, said) for name, said in payload.items() if name not in ENVELOPE}
    whole = payload.get("fields")
    return {**flat, **whole} if isinstance(whole, Mapping) else flat


def _value(name: str, said: Any) -> Any:
    """A smart value without a value is an empty text."""
    if said == "":
        return None
    inner = OBJECTS.get(name)
    return {inner: said} if inner is not None and isinstance(said, str) else said
