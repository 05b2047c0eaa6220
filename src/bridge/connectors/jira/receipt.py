"""What came of an action, with the issue as people know it."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors.action import Outcome, Receipt
from bridge.connectors.jira.address import issue_ref
from bridge.connectors.jira.client import JiraClient


def shown_issue(
    client: JiraClient,
    issue: Mapping[str, Any],
    *,
    outcome: Outcome = Outcome.DONE,
    note: str = "",
    wrote: Mapping[str, Any] | None = None,
    strangers: tuple[str, ...] = (),
) -> Receipt:
    """For an issue that Jira has shown us: `{"id", "key"}`."""
    key = str(issue["key"])
    return Receipt(
        outcome=outcome,
        ref=issue_ref(client.connection, str(issue["id"])),
        key=key,
        url=client.settings.browse(key),
        note=note,
        wrote=wrote or {},
        strangers=strangers,
    )


def addressed_issue(
    client: JiraClient,
    issue: str,
    *,
    outcome: Outcome = Outcome.DONE,
    note: str = "",
    wrote: Mapping[str, Any] | None = None,
    strangers: tuple[str, ...] = (),
) -> Receipt:
    """For an issue we only have the address of: an id gives the ref, a key what people read."""
    by_id = issue.isdigit()
    return Receipt(
        outcome=outcome,
        ref=issue_ref(client.connection, issue) if by_id else None,
        key="" if by_id else issue,
        url="" if by_id else client.settings.browse(issue),
        note=note,
        wrote=wrote or {},
        strangers=strangers,
    )
