"""The bodies of the webhooks, per event, for Cloud and Data Center."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.connectors.jira.simulator import catalogue, view
from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.state import Comment, Issue, IssueLink, State, Worklog

# Cloud's comment events carry the issue with these fields alone.
COMMENT_ISSUE_FIELDS = ("summary", "issuetype", "project", "assignee", "priority", "status")
_FIELDS = frozenset(catalogue.FIELDS) | {"issuelinks", "attachment"}

Body = dict[str, Any]


def envelope(state: State, event: str, **members: Any) -> Body:
    """Epoch milliseconds, and the event's name."""
    stamp = int(state.now().timestamp() * 1000)
    return {"timestamp": stamp, "webhookEvent": event, **members}


def of_issue(
    state: State,
    issue: Issue,
    event: str,
    *,
    actor: Account,
    kind: str,
    changelog: Mapping[str, Any] | None = None,
) -> Body:
    """`kind` is `issue_event_type_name`. The issue is the REST v2 form without any expand."""
    body = envelope(
        state,
        event,
        issue_event_type_name=kind,
        user=actor.shown(state.site, state.flavour),
        issue=view.issue(state, issue, only=_FIELDS),
    )
    return body | ({"changelog": dict(changelog)} if changelog is not None else {})


def of_comment(state: State, issue: Issue, event: str, *, said: Comment) -> Body:
    """Cloud: no `user`, a trimmed issue."""
    trimmed = view.issue(state, issue, only=COMMENT_ISSUE_FIELDS)
    return envelope(state, event, comment=view.comment(state, issue, said), issue=trimmed)


def of_comment_on_datacenter(state: State, issue: Issue, event: str, *, said: Comment) -> Body:
    """No issue and no user: the issue's id is in the comment's `self` alone."""
    return envelope(state, event, comment=_datacenter_comment(state, issue, said))


def of_commented_issue(
    state: State, issue: Issue, kind: str, *, said: Comment, actor: Account
) -> Body:
    """The same comment as Data Center sends it a second time."""
    body = of_issue(state, issue, "jira:issue_updated", actor=actor, kind=kind)
    return body | {"comment": _datacenter_comment(state, issue, said)}


def of_worklog(state: State, issue: Issue, event: str, *, log: Worklog) -> Body:
    """`issueId` and no issue."""
    return envelope(state, event, worklog=view.worklog(state, issue, log))


def of_link(state: State, event: str, link: IssueLink) -> Body:
    """All ids are numbers here."""
    ident, name, outward, inward = link.type
    return envelope(
        state,
        event,
        issueLink={
            "id": link.id,
            "sourceIssueId": link.source,
            "destinationIssueId": link.destination,
            "issueLinkType": {
                "id": int(ident),
                "name": name,
                "outwardName": outward,
                "inwardName": inward,
                "isSubTaskLinkType": False,
                "isSystemLinkType": False,
            },
            "systemLink": False,
            "sequence": 0,
        },
    )


def of_property(state: State, issue: Issue, event: str, *, key: str, value: Any) -> Body:
    """The shape is from memory."""
    thing = {"key": key, "value": value}
    return envelope(state, event, issue=view.bare(state, issue), property=thing)


def of_version(state: State, event: str, ident: str) -> Body:
    """The project is a number, and there is a word for being late."""
    shown = view.version(state, ident)
    project = state.projects[state.versions[ident].project]
    return envelope(state, event, version={**shown, "projectId": project.id, "overdue": False})


def of_sprint(state: State, event: str, number: int) -> Body:
    entry = state.sprints[number]
    link = f"{state.site}/rest/agile/1.0/sprint/{number}"
    shown = {key: value for key, value in view.sprint(state, number).items() if key != "boardId"}
    return envelope(state, event, sprint={**shown, "self": link, "originBoardId": entry.board})


def of_project(state: State, event: str, key: str) -> Body:
    """The id is a number here and a string in REST."""
    entry = state.projects[key]
    lead = state.account(entry.lead).shown(state.site, state.flavour)
    shown = {
        "self": f"{state.site}/rest/api/2/project/{entry.id}",
        "id": entry.id,
        "key": entry.key,
        "name": entry.name,
        "projectLead": lead,
        "assigneeType": "admin.assignee.type.unassigned",
    }
    return envelope(state, event, project=shown)


def automation(state: State, issue: Issue, rule: str) -> Body:
    """Custom data of an Automation rule's "send web request", as the connector documents it."""
    shown = view.issue(state, issue, only={"status", "summary"})["fields"]
    return {
        "source": "jira-automation",
        "rule": rule,
        "eventId": f"{issue.id}-{view.moment(state.now())}",
        "issueKey": issue.key,
        "issueId": str(issue.id),
        "status": shown["status"]["name"],
        "summary": shown["summary"],
    }


def history(state: State, items: Sequence[Mapping[str, Any]]) -> Body:
    """A change log entry; its id is a string, as captured."""
    return {"id": str(state.new_id("changelog", start=20_000)), "items": list(items)}


def _datacenter_comment(state: State, issue: Issue, said: Comment) -> Body:
    shown = view.comment(state, issue, said)
    del shown["jsdPublic"]
    return shown
