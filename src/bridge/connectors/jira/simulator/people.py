"""What people do to issues in Jira's own pages: each act sends the webhooks that it sends there."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from bridge.connectors.jira.simulator import (
    attachments,
    catalogue,
    comments,
    issues,
    transitions,
    webhooks,
)
from bridge.connectors.jira.simulator.flavour import Flavour
from bridge.connectors.jira.simulator.limits import LINKING_TOUCHES_BOTH_ISSUES
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue, IssueLink, Worklog

_SOMEBODY = "dana"


class IssuePeople:
    """Acts on issues. Issues go by key, people by user name; `fields` are in the form of REST v2.

    Raises Refused for what Jira would refuse, ValueError and LookupError for what its pages would
    not offer.
    """

    def __init__(self, site: Site) -> None:
        self.site = site

    def create_issue(
        self,
        summary: str,
        kind: str = "Task",
        *,
        project: str = "ENG",
        fields: Mapping[str, Any] | None = None,
        by: str = _SOMEBODY,
    ) -> str:
        """The new issue's key."""
        place = {"project": {"key": project}, "issuetype": {"name": kind}, "summary": summary}
        with self.site.state.lock:
            actor = self.site.state.account(by)
            body = {"fields": {**place, **(fields or {})}}
            return issues.create(self.site, body, actor=actor).key

    def edit_issue(self, key: str, fields: Mapping[str, Any], *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            body = {"fields": dict(fields)}
            issues.edit(self.site, issue, body, actor=self.site.state.account(by))

    def set_due(self, key: str, due: str | None, *, by: str = _SOMEBODY) -> None:
        """`due` is yyyy-MM-dd, None takes it away."""
        self.edit_issue(key, {"duedate": due}, by=by)

    def restrict(self, key: str, to: str | None, *, by: str = _SOMEBODY) -> None:
        """`to` is the name of a security level; None: whoever sees the project sees the issue again."""
        self.edit_issue(key, {"security": {"name": to} if to else None}, by=by)

    def assign(self, key: str, to: str | None, *, by: str = _SOMEBODY) -> None:
        """`to` is a user name; None: nobody."""
        word = "name" if self.site.state.flavour is Flavour.DATACENTER else "accountId"
        with self.site.state.lock:
            account = self.site.state.account(to) if to else None
        value = {word: account.key(self.site.state.flavour)} if account else None
        self.edit_issue(key, {"assignee": value}, by=by)

    def transition(
        self, key: str, status: str, *, by: str = _SOMEBODY, resolution: str = "Done"
    ) -> None:
        """To a status by its name, over the stations between. ValueError if no way leads there."""
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            for way in self._route(issue, status):
                screen = {"fields": {"resolution": {"name": resolution}}} if way.required else {}
                body = {"transition": {"id": way.id}, **screen}
                transitions.go(self.site, issue, body, actor=self.site.state.account(by))

    def way(self, key: str, status: str) -> list[str]:
        """The stations on the way there, the last is `status`. Empty: it is there already."""
        names = {entry.id: entry.name for entry in catalogue.STATUSES}
        with self.site.state.lock:
            return [names[one.to] for one in self._route(self.site.state.issue(key), status)]

    def comment(
        self,
        key: str,
        body: str,
        *,
        by: str = _SOMEBODY,
        internal: bool = False,
        visible_to: str | None = None,
        group: bool = False,
    ) -> str:
        """The comment's id. `visible_to` is the role, or the group, that alone may read it."""
        raw: dict[str, Any] = {"body": body}
        if internal:
            raw["properties"] = [{"key": "sd.public.comment", "value": {"internal": True}}]
        if visible_to:
            raw["visibility"] = _only(visible_to, group=group)
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            actor = self.site.state.account(by)
            return str(comments.add(self.site, issue, raw, actor=actor).id)

    def edit_comment(self, key: str, ident: str, body: str, *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            said = comments.find(issue, ident)
            actor = self.site.state.account(by)
            comments.edit(self.site, issue, said, raw={"body": body}, actor=actor)

    def hide_comment(
        self,
        key: str,
        ident: str,
        *,
        visible_to: str | None = None,
        group: bool = False,
        by: str = _SOMEBODY,
    ) -> None:
        """From now on a role, or a group, alone may read it, or it is an internal note."""
        only = _only(visible_to, group=group) if visible_to else None
        self._shown_to(key, ident, internal=only is None, only=only, by=by)

    def show_comment(self, key: str, ident: str, *, by: str = _SOMEBODY) -> None:
        """From now on everybody may read it."""
        self._shown_to(key, ident, internal=False, only=None, by=by)

    def delete_comment(self, key: str, ident: str, *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            said = comments.find(issue, ident)
            comments.delete(self.site, issue, said, actor=self.site.state.account(by))

    def _shown_to(
        self, key: str, ident: str, *, internal: bool, only: Mapping[str, str] | None, by: str
    ) -> None:
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            said = comments.find(issue, ident)
            mark = {"key": "sd.public.comment", "value": {"internal": internal}}
            raw = {"body": said.body, "visibility": only, "properties": [mark]}
            comments.edit(self.site, issue, said, raw=raw, actor=self.site.state.account(by))

    def attach(
        self, key: str, name: str, content: bytes | str, *, kind: str = "", by: str = _SOMEBODY
    ) -> str:
        """The attachment's id. `kind` is its MIME type, else what its name tells."""
        raw = content.encode() if isinstance(content, str) else content
        with self.site.state.lock:
            issue, actor = self.site.state.issue(key), self.site.state.account(by)
            return str(attachments.add(self.site, issue, name, raw, kind=kind, actor=actor).id)

    def detach(self, key: str, ident: str, *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            issue, actor = self.site.state.issue(key), self.site.state.account(by)
            attachments.remove(self.site, issue, int(ident), actor=actor)

    def move_issue(self, key: str, project: str, *, by: str = _SOMEBODY) -> str:
        """The new key."""
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            if project not in self.site.state.projects or project == issue.project:
                raise ValueError(f"{key} cannot be moved to {project}")
            return issues.move(self.site, issue, project, actor=self.site.state.account(by))

    def delete_issue(self, key: str, *, by: str = _SOMEBODY) -> None:
        with self.site.state.lock:
            issue = self.site.state.issue(key)
            issues.delete(self.site, issue, actor=self.site.state.account(by))

    def log_work(self, key: str, seconds: int, *, note: str = "", by: str = _SOMEBODY) -> str:
        """The worklog's id."""
        state = self.site.state
        with state.lock:
            issue, actor = state.issue(key), state.account(by)
            ident = state.new_id("worklog", start=400)
            log = Worklog(
                id=ident, author=actor, comment=note, started=state.now(), seconds=seconds
            )
            issue.worklogs[ident] = log
            spent = (issue.values.get("timespent") or 0) + seconds
            items = issues.apply(self.site, issue, {"timespent": spent})
            issues.changed(self.site, issue, items, actor=actor, kind="issue_worklogged")
            told = webhooks.of_worklog(state, issue, "worklog_created", log=log)
            self.site.hooks.tell("worklog_created", told, actor=actor, issue=issue)
            return str(ident)

    def link_issues(
        self, key: str, other: str, *, kind: str = "Blocks", by: str = _SOMEBODY
    ) -> int:
        """`key` blocks `other`. The link's id."""
        state = self.site.state
        with state.lock:
            types = {entry[1]: entry for entry in catalogue.LINK_TYPES}
            source, destination = state.issue(key), state.issue(other)
            ident = state.new_id("issuelink")
            link = IssueLink(
                id=ident, type=types[kind], source=source.id, destination=destination.id
            )
            state.links[ident] = link
            actor = state.account(by)
            told = webhooks.of_link(state, "issuelink_created", link)
            self.site.hooks.tell("issuelink_created", told, actor=actor)
            if LINKING_TOUCHES_BOTH_ISSUES:
                for one, two, words in (
                    (source, destination, link.type[2]),
                    (destination, source, link.type[3]),
                ):
                    item = _link_item(two, f"This issue {words} {two.key}")
                    issues.changed(self.site, one, [item], actor=actor, kind="issue_updated")
            return ident

    def _route(self, issue: Issue, status: str) -> list[catalogue.Transition]:
        """The shortest way over the workflow. Empty: it is there already."""
        names = {entry.name: entry.id for entry in catalogue.STATUSES}
        if status not in names:
            raise ValueError(f"no status {status!r}; there are: {', '.join(names)}")
        ways = self.site.state.projects[issue.project].transitions
        queue: deque[tuple[str, list[catalogue.Transition]]] = deque([(issue.values["status"], [])])
        seen: set[str] = set()
        while queue:
            at, path = queue.popleft()
            if at == names[status]:
                return path
            seen.add(at)
            onward = [way for way in ways if not way.sources or at in way.sources]
            queue.extend((way.to, [*path, way]) for way in onward if way.to not in seen)
        raise ValueError(f"no way leads {issue.key} to {status}")


def verbs(*people: object) -> dict[str, Callable[..., Any]]:
    """What can be asked over HTTP: every public act, by name."""
    return {
        name: getattr(one, name)
        for one in people
        for name in dir(one)
        if not name.startswith("_") and callable(getattr(one, name))
    }


def _only(who: str, *, group: bool) -> dict[str, str]:
    """REST reference, comments: whose eyes alone a comment is for."""
    return {"type": "group" if group else "role", "value": who}


def _link_item(other: Issue, words: str) -> dict[str, Any]:
    return {
        "field": "Link",
        "fieldtype": "jira",
        "from": None,
        "fromString": None,
        "to": other.key,
        "toString": words,
    }
