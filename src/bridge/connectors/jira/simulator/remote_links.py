"""Remote links: made, or found again by their `globalId`."""

from collections.abc import Mapping
from typing import Any

from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.limits import GLOBAL_ID_MAX
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue

_MEMBERS = ("globalId", "application", "relationship", "object")


def upsert(site: Site, issue: Issue, body: Any, *, actor: Account) -> tuple[int, bool]:
    """The link's id, and whether it is new. Members left out of the request become null."""
    _refuse(body)
    site.permit(actor, "LINK_ISSUES")
    known = _by_global_id(issue, body.get("globalId"))
    ident = known or site.state.new_id("remotelink")
    issue.remote_links[ident] = {name: body.get(name) for name in _MEMBERS}
    return ident, known is None


def shown(site: Site, issue: Issue, ident: int) -> dict[str, Any]:
    link = f"{site.state.site}/rest/api/2/issue/{issue.id}/remotelink/{ident}"
    return {"id": ident, "self": link, **issue.remote_links[ident]}


def find(issue: Issue, ident: str) -> int:
    """Raises Refused 404."""
    if ident.isdecimal() and int(ident) in issue.remote_links:
        return int(ident)
    raise Refused(404, f"Remote issue link with id '{ident}' does not exist.")


def by_global_id(issue: Issue, global_id: str) -> int:
    """Raises Refused 404."""
    known = _by_global_id(issue, global_id)
    if known is None:
        raise Refused(404, f"Remote issue link with globalId '{global_id}' does not exist.")
    return known


def _by_global_id(issue: Issue, global_id: Any) -> int | None:
    if global_id is None:
        return None
    for ident, link in issue.remote_links.items():
        if link["globalId"] == global_id:
            return ident
    return None


def _refuse(body: Any) -> None:
    if not isinstance(body, Mapping) or not set(body) <= set(_MEMBERS):
        raise Refused(400, BAD_BODY)
    thing = body.get("object")
    thing = thing if isinstance(thing, Mapping) else {}
    errors = {name: f"'{name}' is required." for name in ("url", "title") if not thing.get(name)}
    if len(str(body.get("globalId") or "")) > GLOBAL_ID_MAX:
        errors["globalId"] = f"'globalId' must be {GLOBAL_ID_MAX} characters at most."
    if errors:
        raise Refused(400, errors=errors)
