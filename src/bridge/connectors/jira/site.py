"""A Jira site over HTTP: the calls that deliveries are made of, and a short memory of metadata."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bridge.clock import Clock
from bridge.connectors.jira.desk import Desk
from bridge.connectors.jira.failure import Effect
from bridge.connectors.jira.form import Form, keyed, read_form
from bridge.connectors.jira.library import Library
from bridge.connectors.jira.memory import Memory
from bridge.connectors.jira.people import ACCOUNT_ID, matching
from bridge.connectors.jira.rest import Rest
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.connectors.jira.shelf import Shelf
from bridge.errors import DeliveryError, PermanentError

BULK_FETCH = 100  # Atlassian, REST reference: issues a bulkfetch
PAGE = 100
MANY = 2  # a page with less than these cannot begin with one that was shown
FORM_SECONDS = 600.0
PERSON_SECONDS = 3_600.0

Json = Mapping[str, Any]


class Site:
    """One site on Cloud or Data Center."""

    def __init__(
        self, connection: str, settings: JiraSettings, *, rest: Rest, library: Library, clock: Clock
    ) -> None:
        self.connection, self.settings = connection, settings
        self._rest, self._library = rest, library
        self.shelf = Shelf(settings, rest)
        self.desk = Desk(settings, rest, library)
        self._forms: Memory[Form] = Memory(clock, FORM_SECONDS)
        self._lists: Memory[Sequence[Json]] = Memory(clock, FORM_SECONDS)
        self._people: Memory[Mapping[str, str] | None] = Memory(clock, PERSON_SECONDS)

    @property
    def _cloud(self) -> bool:
        return self.settings.flavour is Flavour.CLOUD

    def create_issue(self, fields: Json, properties: Sequence[Json]) -> Json:
        body = {"fields": fields, "properties": list(properties)}
        created: Json = self._rest.json("POST", "/issue", effect=Effect.ONCE, json=body)
        return created

    def create_issues(self, issues: Sequence[Json]) -> Sequence[Json | DeliveryError]:
        body = {"issueUpdates": list(issues)}
        return self._rest.create_many("/issue/bulk", body, count=len(issues))

    def edit_issue(self, issue: str, fields: Json) -> None:
        self._rest.call("PUT", _path(issue), effect=Effect.SAME, json={"fields": fields})

    def issue(self, issue: str, fields: Sequence[str]) -> Json:
        params = {"fields": ",".join(fields) or "*all"}
        shown: Json = self._rest.json("GET", _path(issue), effect=Effect.READ, params=params)
        return shown

    def issues(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        chunks = (ids[start : start + BULK_FETCH] for start in range(0, len(ids), BULK_FETCH))
        return [issue for chunk in chunks for issue in self._some(chunk, fields)]

    def changelog(self, issue: str) -> Iterator[Json]:
        """Data Center gives all of it at once, with the issue."""
        if self._cloud:
            return self._pages(f"{_path(issue)}/changelog", ("values",), {})
        params = {"fields": "created", "expand": "changelog"}
        shown: Json = self._rest.json("GET", _path(issue), effect=Effect.READ, params=params)
        return iter(shown.get("changelog", {}).get("histories", ()))

    def search(self, jql: str, fields: Sequence[str]) -> Iterator[Json]:
        return self._search_cloud(jql, fields) if self._cloud else self._search_dc(jql, fields)

    def transitions(self, issue: str) -> Sequence[Json]:
        params = {"expand": "transitions.fields"}
        path = f"{_path(issue)}/transitions"
        shown: Json = self._rest.json("GET", path, effect=Effect.READ, params=params)
        return list(shown.get("transitions", ()))

    def transition(self, issue: str, transition: str, *, fields: Json) -> None:
        body: dict[str, Any] = {"transition": {"id": transition}}
        if fields:
            body["fields"] = fields
        self._rest.call("POST", f"{_path(issue)}/transitions", effect=Effect.ONCE, json=body)

    def add_comment(self, issue: str, body: str, *, properties: Sequence[Json]) -> Json:
        path, sent = f"{_path(issue)}/comment", {"body": body, "properties": list(properties)}
        created: Json = self._rest.json("POST", path, effect=Effect.ONCE, json=sent)
        return created

    def edit_comment(self, issue: str, comment: str, body: str) -> None:
        path = f"{_path(issue)}/comment/{quote(comment, safe='')}"
        self._rest.call("PUT", path, effect=Effect.SAME, json={"body": body})

    def delete_comment(self, issue: str, comment: str) -> None:
        path = f"{_path(issue)}/comment/{quote(comment, safe='')}"
        self._rest.call("DELETE", path, effect=Effect.SAME)

    def comments(self, issue: str) -> Iterator[Json]:
        params = {"orderBy": "-created", "expand": "properties"}
        return self._pages(f"{_path(issue)}/comment", ("comments",), params)

    def comment(self, issue: str, comment: str) -> Json | None:
        path = f"{_path(issue)}/comment/{quote(comment, safe='')}"
        params = {"expand": "properties"}
        return self._there(lambda: self._rest.json("GET", path, effect=Effect.READ, params=params))

    def link_remote(self, issue: str, link: Json) -> Json:
        path = f"{_path(issue)}/remotelink"
        made: Json = self._rest.json("POST", path, effect=Effect.SAME, json=link)
        return made

    def create_form(self, project: str, issue_type: str) -> Form:
        key = f"create\x1f{project}\x1f{issue_type}"
        return self._forms.recall(key, lambda: self._read_create_form(project, issue_type))

    def edit_form(self, issue: str) -> Form:
        path = f"{_path(issue)}/editmeta"
        shown: Json = self._rest.json("GET", path, effect=Effect.READ)
        return read_form(f"issue {issue}", keyed(shown.get("fields", {})))

    def field_list(self) -> Form:
        return self._forms.recall("all", lambda: read_form("this site", self._library.fields()))

    def listed(self, kind: str) -> Sequence[Json]:
        return self._lists.recall(
            kind, lambda: self._rest.json("GET", f"/{kind}", effect=Effect.READ)
        )

    def forget_forms(self) -> None:
        self._forms.forget()
        self._lists.forget()

    def person(self, said: str) -> Mapping[str, str] | None:
        return self._people.recall(said, lambda: self._find_person(said))

    def user(self, account: str) -> Json | None:
        params = {"accountId" if self._cloud else "username": account}
        return self._there(
            lambda: self._rest.json("GET", "/user", effect=Effect.READ, params=params)
        )

    def users(self, said: str) -> Sequence[Json]:
        params = {"query" if self._cloud else "username": said}
        return list(self._rest.json("GET", "/user/search", effect=Effect.READ, params=params))

    def server(self) -> Json:
        return self._library.server()

    def myself(self) -> Json:
        return self._library.myself()

    def permissions(self, project: str | None, names: Sequence[str]) -> Mapping[str, bool]:
        return self._library.permissions(project, names)

    def _there(self, read: Callable[[], Any]) -> Json | None:
        """What is read, or `None` for what is not found."""
        try:
            shown: Json = read()
        except PermanentError as error:
            if error.code != "404":
                raise
            return None
        return shown

    def _some(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        if not self._cloud:
            return self._searched(ids, fields)
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields) or ["*all"]}
        found: Json = self._rest.json("POST", "/issue/bulkfetch", effect=Effect.READ, json=body)
        return list(found.get("issues", ()))

    def _searched(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        """Data Center reads several by a search alone, whose index may not know yet what was made just now:
        what it does not show is asked for by itself before it counts as gone. So is one that is alone.
        """
        found = self._listed(ids, fields) if len(ids) > 1 else ()
        shown = {str(one[name]) for one in found for name in ("id", "key")}
        lost = (self._one(one, fields) for one in ids if one not in shown)
        return [*found, *(one for one in lost if one is not None)]

    def _one(self, issue: str, fields: Sequence[str]) -> Json | None:
        return self._there(lambda: self.issue(issue, fields))

    def _listed(self, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Json]:
        """Data Center refuses a whole list for one issue that is gone: halve it until that is alone."""
        listed = ",".join(_quoted(one) for one in ids)
        try:
            return list(self._search_dc(f"issuekey in ({listed})", fields))
        except PermanentError as error:
            if error.code != "400":
                raise
        if len(ids) == 1:
            return []
        half = len(ids) // 2
        return [*self._listed(ids[:half], fields), *self._listed(ids[half:], fields)]

    def _search_cloud(self, jql: str, fields: Sequence[str]) -> Iterator[Json]:
        """No `startAt` and no `total` here; the last page has no token."""
        body: dict[str, Any] = {
            "jql": jql,
            "fields": list(fields) or ["*all"],
            "maxResults": PAGE,
        }
        while True:
            page: Json = self._rest.json("POST", "/search/jql", effect=Effect.READ, json=body)
            yield from page.get("issues", ())
            token = page.get("nextPageToken")
            if not token or page.get("isLast"):
                return
            body["nextPageToken"] = token

    def _search_dc(self, jql: str, fields: Sequence[str]) -> Iterator[Json]:
        """Pages by number. Where something fell out of what was shown, the rest has moved up: so each page
        begins with the last of the one before, and goes back until it meets one that was shown.
        """
        body: dict[str, Any] = {
            "jql": jql,
            "fields": list(fields) or ["*all"],
            "maxResults": PAGE,
            "startAt": 0,
        }
        told: set[str] = set()
        while True:
            start = body["startAt"]
            page: Json = self._rest.json("POST", "/search", effect=Effect.READ, json=body)
            issues, total = page.get("issues", ()), page.get("total", 0)
            if start and (not issues or str(issues[0]["id"]) not in told):
                body["startAt"] = max(0, start - PAGE)
                continue
            yield from (one for one in issues if str(one["id"]) not in told)
            told |= {str(one["id"]) for one in issues}
            if start + len(issues) >= total or len(issues) < MANY:
                return
            body["startAt"] = start + len(issues) - 1

    def _pages(self, path: str, names: Sequence[str], params: Json) -> Iterator[Json]:
        """Pages by `startAt`; what they hold is named differently on Cloud and Data Center."""
        start = 0
        while True:
            asked = {**params, "startAt": start, "maxResults": PAGE}
            page: Json = self._rest.json("GET", path, effect=Effect.READ, params=asked)
            rows: Sequence[Json] = next((page[name] for name in names if name in page), ())
            yield from rows
            start += len(rows)
            if not rows or start >= page.get("total", start) or page.get("isLast"):
                return

    def _read_create_form(self, project: str, issue_type: str) -> Form:
        base = f"/issue/createmeta/{quote(project, safe='')}/issuetypes"
        types = list(self._pages(base, ("issueTypes", "values"), {}))
        wanted = issue_type.casefold()
        for one in types:
            if wanted in {str(one.get("name", "")).casefold(), str(one.get("id"))}:
                rows = self._pages(f"{base}/{one['id']}", ("fields", "values"), {})
                return read_form(f"{one.get('name')} in {project}", rows)
        known = ", ".join(sorted(str(one.get("name")) for one in types)) or "none"
        raise PermanentError(
            f"jira: project {project} has no issue type {issue_type!r}; it has: {known}",
            code="type",
        )

    def _find_person(self, said: str) -> Mapping[str, str] | None:
        by_id = self._cloud and ACCOUNT_ID.match(said)
        name = "accountId" if by_id else "query" if self._cloud else "username"
        hits = self._rest.json("GET", "/user/search", effect=Effect.READ, params={name: said})
        return matching(said, hits, self.settings.flavour)


def _path(issue: str) -> str:
    return f"/issue/{quote(issue, safe='')}"


def _quoted(value: str) -> str:
    if value.isdigit():
        return value  # in quotes JQL would take an id for a key
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
