"""Search: pages by token on Cloud, by number on Data Center, both behind the index."""

import threading
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.connectors.jira.simulator import catalogue, jql, matching, view
from bridge.connectors.jira.simulator.index import Entry
from bridge.connectors.jira.simulator.limits import (
    PAGE,
    RECONCILE_MAX,
    SEARCH_MAX,
    SEARCH_PROPERTIES_MAX,
    TOKEN_LIFE,
)
from bridge.connectors.jira.simulator.refusal import BAD_BODY, Refused
from bridge.connectors.jira.simulator.site import Site
from bridge.connectors.jira.simulator.state import Issue

_MEMBERS = frozenset(
    {
        "jql",
        "fields",
        "maxResults",
        "nextPageToken",
        "reconcileIssues",
        "expand",
        "properties",
        "fieldsByKeys",
        "failFast",
    }
)
_ATTACHED = frozenset({"comment", "issuelinks", "worklog"})


@dataclass(frozen=True, kw_only=True)
class _Rest:
    """What a page token stands for."""

    jql: str
    ids: tuple[int, ...]
    until: float


@dataclass(frozen=True)
class Search:
    """The searches of one site, with the page tokens it gave out."""

    site: Site
    _tokens: dict[str, _Rest] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def by_token(self, body: Mapping[str, Any], *, version: str) -> dict[str, Any]:
        """`/search/jql`: no total; `nextPageToken` is left out on the last page."""
        self._refuse_shapes(body)
        found = self._page_ids(body)
        size = min(_positive(body.get("maxResults", PAGE)), SEARCH_MAX)
        page, rest = found[:size], found[size:]
        only = chosen(body.get("fields"), default=("id",))
        issues = [
            self._shown(ident, only, version=version, properties=body.get("properties") or ())
            for ident in page
        ]
        answer: dict[str, Any] = {"issues": issues, "isLast": not rest}
        return answer | ({"nextPageToken": self._token(body, rest)} if rest else {})

    def by_number(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The old `/search`, which Data Center keeps."""
        query = jql.parse(str(body.get("jql", "")))
        found = [entry.id for entry in self._entries(query, frozenset())]
        start = _positive(body.get("startAt", 0))
        size = min(_positive(body.get("maxResults", PAGE)), 1000)
        only = chosen(body.get("fields"), default=("*navigable",))
        shown = [
            self._shown(ident, only, version="2", properties=())
            for ident in found[start : start + size]
        ]
        return {"startAt": start, "maxResults": size, "total": len(found), "issues": shown}

    def count(self, text: str) -> int:
        """`/search/approximate-count`."""
        query = jql.bounded(jql.parse(text))
        return len(self._entries(query, frozenset()))

    def _page_ids(self, body: Mapping[str, Any]) -> tuple[int, ...]:
        token = body.get("nextPageToken")
        if token is not None:
            return self._continued(str(token), str(body.get("jql", "")))
        query = jql.bounded(jql.parse(str(body.get("jql", ""))))
        reconciled = frozenset(body.get("reconcileIssues") or ())
        return tuple(entry.id for entry in self._entries(query, reconciled))

    def _entries(self, query: jql.Query, reconciled: Collection[int]) -> list[Entry]:
        state = self.site.state
        matches = matching.test(state, query)
        entries = [
            entry
            for entry in self.site.index.entries(reconciled)
            if entry.values["project"] not in state.hidden and matches(entry)
        ]
        return matching.ordered(query, entries)

    def _continued(self, token: str, text: str) -> tuple[int, ...]:
        with self._lock:
            rest = self._tokens.get(token)
        if rest is None or rest.jql != text or rest.until < self.site.state.clock.monotonic():
            raise Refused(400, "The provided next page token is invalid or expired.")
        alive = self.site.state.issues
        return tuple(ident for ident in rest.ids if ident in alive)

    def _token(self, body: Mapping[str, Any], rest: tuple[int, ...]) -> str:
        until = self.site.state.clock.monotonic() + self.site.state.pace.seconds(TOKEN_LIFE)
        token = uuid.uuid4().hex
        with self._lock:
            self._tokens[token] = _Rest(jql=str(body.get("jql", "")), ids=rest, until=until)
        return token

    def _shown(
        self,
        ident: int,
        only: Collection[str] | None,
        *,
        version: str,
        properties: Sequence[str],
    ) -> dict[str, Any]:
        issue = self.site.state.issues[ident]
        return trimmed(self.site, issue, only, version=version, properties=properties)

    @staticmethod
    def _refuse_shapes(body: Mapping[str, Any]) -> None:
        if not set(body) <= _MEMBERS:
            raise Refused(400, BAD_BODY)
        reconciled = body.get("reconcileIssues") or []
        if len(reconciled) > RECONCILE_MAX or not all(type(entry) is int for entry in reconciled):
            raise Refused(400, f"reconcileIssues takes {RECONCILE_MAX} issue ids at most.")
        if not isinstance(body.get("properties") or [], list):
            raise Refused(400, BAD_BODY)
        if len(body.get("properties") or []) > SEARCH_PROPERTIES_MAX:
            raise Refused(400, f"At most {SEARCH_PROPERTIES_MAX} properties may be asked for.")
        if not isinstance(body.get("expand") or "", str):
            raise Refused(400, BAD_BODY)


def trimmed(
    site: Site,
    issue: Issue,
    only: Collection[str] | None,
    *,
    version: str,
    properties: Sequence[str] = (),
) -> dict[str, Any]:
    """An issue with the fields and properties that were asked for; `id` alone: no fields at all."""
    if only == {"id"}:
        return {"id": str(issue.id)}
    shown = view.issue(site.state, issue, version=version, only=only)
    if properties:
        asked = set(issue.properties) if "*all" in properties else set(properties)
        shown["properties"] = {k: v for k, v in issue.properties.items() if k in asked}
    return shown


def chosen(asked: Any, *, default: Sequence[str]) -> set[str] | None:
    """The field ids that a `fields` parameter names; None means all of them."""
    named = asked.split(",") if isinstance(asked, str) else list(asked or ())
    names = named if any(named) else list(default)
    names = [name.strip() for name in names if name.strip()]
    if names == ["id"]:
        return {"id"}
    wanted: set[str] = set()
    if any(name.startswith("-") for name in names) and not any(n.startswith("*") for n in names):
        wanted = {*catalogue.FIELDS, *_ATTACHED}
    for name in names:
        wanted = _with(wanted, name)
    return wanted


def _with(wanted: set[str], name: str) -> set[str]:
    if name == "*all":
        return wanted | {*catalogue.FIELDS, *_ATTACHED}
    if name == "*navigable":
        return wanted | set(catalogue.FIELDS) | {"issuelinks"}
    if name.startswith("-"):
        return wanted - {name[1:]}
    return wanted | {name}


def _positive(raw: Any) -> int:
    try:
        number = int(raw)
    except (TypeError, ValueError) as error:
        raise Refused(400, BAD_BODY) from error
    if number < 0:
        raise Refused(400, BAD_BODY)
    return number
