"""Issues made, changed, moved and removed, by our account or by a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.jira.simulator import catalogue, comments, drafts, view, webhooks
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.hooks import SECONDARY
from bridge.connectors.jira.simulator.limits import EMPTY_EDIT_IS_AN_UPDATE, SECONDARY_WAIT
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue


def create(site: Site, body: Any, *, actor: Account, version: str = "2") -> Issue:
    """Check and make it; the webhook tells. Raises Refused."""
    project, draft = drafts.new_issue(site.state, body, version=version)
    site.permit(actor, "CREATE_ISSUES")
    state = site.state
    now = state.now()
    values = {
        "reporter": actor.id,
        **draft.values,
        "project": project.key,
        "status": catalogue.STATUSES[0].id,
        "creator": actor.id,
        "created": now,
        "updated": now,
    }
    ident = state.new_id("issue")
    issue = Issue(id=ident, key=state.new_key(project.key), values=values)
    issue.properties.update(draft.properties)
    state.keep(issue)
    state.made_with_label.update(values.get("labels") or ())
    state.announce(issue)
    _tell(site, issue, "jira:issue_created", actor=actor, kind="issue_created")
    comments.add_all(site, issue, draft.comments, actor=actor)
    return issue


def edit(site: Site, issue: Issue, body: Any, *, actor: Account, version: str = "2") -> None:
    """Check and change. Raises Refused."""
    draft = drafts.changes(site.state, issue, body, version=version)
    site.permit(actor, "EDIT_ISSUES")
    issue.properties.update(draft.properties)
    items = apply(site, issue, draft.values)
    if items or (not draft.comments and EMPTY_EDIT_IS_AN_UPDATE):
        only_assigned = [item["fieldId"] for item in items] == ["assignee"]
        kind = "issue_assigned" if only_assigned else "issue_updated"
        changed(site, issue, items, actor=actor, kind=kind)
    comments.add_all(site, issue, draft.comments, actor=actor)


def apply(site: Site, issue: Issue, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write the values that differ; the items of the change log."""
    items: list[dict[str, Any]] = []
    for name, after in values.items():
        before = issue.values.get(name)
        if before != after:
            issue.values[name] = after
            field = catalogue.FIELDS[name]
            items.append(view.change(site.state, field, before, after=after))
    return items


def changed(
    site: Site, issue: Issue, items: Sequence[Mapping[str, Any]], *, actor: Account, kind: str
) -> None:
    """Keep the change in the issue's history, and tell."""
    log = webhooks.history(site.state, items)
    site.state.touch(issue)
    issue.histories.append(
        {
            "id": log["id"],
            "author": actor.shown(site.state.site, site.state.flavour),
            "created": view.moment(issue.values["updated"]),
            "items": list(items),
        }
    )
    _tell(site, issue, "jira:issue_updated", actor=actor, kind=kind, changelog=log)


def move(site: Site, issue: Issue, project: str, *, actor: Account) -> str:
    """To another project: the id stays, the key changes, the old key goes on finding it."""
    state = site.state
    before, old = issue.key, issue.project
    issue.key = state.new_key(project)
    state.keep(issue)
    issue.values["project"] = project
    field = catalogue.FIELDS["project"]
    key = {"field": "Key", "fieldtype": "jira", "fieldId": "issuekey", "from": None, "to": None}
    items = [
        view.change(state, field, old, after=project),
        {**key, "fromString": before, "toString": issue.key},
    ]
    changed(site, issue, items, actor=actor, kind="issue_moved")
    return issue.key


def delete(site: Site, issue: Issue, *, actor: Account) -> None:
    """The deletion is told at once, what hung on the issue some time later."""
    state, hooks = site.state, site.hooks
    site.permit(actor, "DELETE_ISSUES")
    _tell(site, issue, "jira:issue_deleted", actor=actor, kind="issue_deleted")
    for said in issue.comments.values():
        body = comments.body(site, issue, "comment_deleted", said=said)
        hooks.tell(
            "comment_deleted", body, actor=actor, issue=issue, flow=SECONDARY, after=SECONDARY_WAIT
        )
    for link in tuple(state.links_of(issue)):
        body = webhooks.of_link(state, "issuelink_deleted", link)
        hooks.tell("issuelink_deleted", body, actor=actor, flow=SECONDARY, after=SECONDARY_WAIT)
    state.forget(issue)


def _tell(
    site: Site,
    issue: Issue,
    event: str,
    *,
    actor: Account,
    kind: str,
    changelog: Mapping[str, Any] | None = None,
) -> None:
    body = webhooks.of_issue(site.state, issue, event, actor=actor, kind=kind, changelog=changelog)
    site.hooks.tell(event, body, actor=actor, issue=issue)
    site.hooks.automate(event, lambda rule: webhooks.automation(site.state, issue, rule))
