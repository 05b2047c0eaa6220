"""Comments said, changed and taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.jira.simulator import text, webhooks
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.drafts import refuse_large
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import COMMENTING_TOUCHES_THE_ISSUE
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Comment, Issue

_MEMBERS = frozenset({"body", "visibility", "properties"})
_KINDS = {
    "comment_created": "issue_commented",
    "comment_updated": "issue_comment_edited",
    "comment_deleted": "issue_comment_deleted",
}


def add(site: Site, issue: Issue, raw: Any, *, actor: Account, version: str = "2") -> Comment:
    """`raw` is the REST body. Raises Refused."""
    said = _read(raw, version)
    site.permit(actor, "ADD_COMMENTS")
    now = site.state.now()
    comment = Comment(
        id=site.state.new_id("comment", start=30_000),
        author=actor,
        editor=actor,
        body=said,
        created=now,
        updated=now,
        properties=_properties(raw),
        visibility=raw.get("visibility"),
    )
    issue.comments[comment.id] = comment
    tell(site, issue, "comment_created", said=comment, actor=actor)
    return comment


def add_all(site: Site, issue: Issue, bodies: Sequence[str], *, actor: Account) -> None:
    """Comments that came with a create, an edit or a transition, checked already."""
    for said in bodies:
        add(site, issue, {"body": said}, actor=actor)


def edit(
    site: Site, issue: Issue, comment: Comment, *, raw: Any, actor: Account, version: str = "2"
) -> None:
    comment.body = _read(raw, version)
    comment.editor = actor
    comment.updated = site.state.now()
    comment.properties |= _properties(raw)
    comment.visibility = raw.get("visibility", comment.visibility)
    tell(site, issue, "comment_updated", said=comment, actor=actor)


def delete(site: Site, issue: Issue, comment: Comment, *, actor: Account) -> None:
    del issue.comments[comment.id]
    tell(site, issue, "comment_deleted", said=comment, actor=actor)


def find(issue: Issue, ident: str) -> Comment:
    """Raises Refused 404."""
    found = issue.comments.get(int(ident)) if ident.isdecimal() else None
    if found is None:
        raise Refused(404, f"Can not find a comment for the id: {ident}.")
    return found


def body(site: Site, issue: Issue, event: str, *, said: Comment) -> dict[str, Any]:
    """The webhook of one event, as this flavour shapes it."""
    if site.state.flavour is Flavour.DATACENTER:
        return webhooks.of_comment_on_datacenter(site.state, issue, event, said=said)
    return webhooks.of_comment(site.state, issue, event, said=said)


def tell(site: Site, issue: Issue, event: str, *, said: Comment, actor: Account) -> None:
    """Data Center tells it twice: as a comment event, and as an update of the issue."""
    if COMMENTING_TOUCHES_THE_ISSUE:
        site.state.touch(issue)
    told = body(site, issue, event, said=said)
    site.hooks.tell(event, told, actor=actor, issue=issue)
    if site.state.flavour is Flavour.DATACENTER:
        again = webhooks.of_commented_issue(
            site.state, issue, _KINDS[event], said=said, actor=actor
        )
        site.hooks.tell("jira:issue_updated", again, actor=actor, issue=issue)


def _read(raw: Any, version: str) -> str:
    if not isinstance(raw, Mapping) or not set(raw) <= _MEMBERS:
        raise Refused(400, BAD_BODY)
    try:
        said = text.wiki(raw.get("body"), version)
    except ValueError as error:
        raise Refused(400, errors={"comment": str(error)}) from error
    if not said.strip():
        raise Refused(400, errors={"comment": "Comment body can not be empty!"})
    return said


def _properties(raw: Mapping[str, Any]) -> dict[str, Any]:
    entries = raw.get("properties") or []
    if not all(isinstance(entry, Mapping) and {"key", "value"} <= set(entry) for entry in entries):
        raise Refused(400, BAD_BODY)
    for entry in entries:
        refuse_large(entry["value"])
    return {str(entry["key"]): entry["value"] for entry in entries}
