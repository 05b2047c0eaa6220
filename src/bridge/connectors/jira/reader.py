"""Reads of live issues: by id, by JQL, and by the key people use."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Reader, Snapshot
from bridge.connectors.found import Named, Touched
from bridge.connectors.jira import hanging, past
from bridge.connectors.jira.address import ISSUE, is_key, issue_ref
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.moment import moment, text
from bridge.connectors.jira.payloads import Issue
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.snapshot import issue_fields
from bridge.errors import Malformed, PermanentError

_FIELD = re.compile(r"customfield_[0-9]{1,10}|[A-Za-z][A-Za-z0-9_]{0,99}")
ALWAYS = ("created", "updated")  # what identifies and orders a fact
# The order of a query is its end; a word in quotes is none.
_ORDER = re.compile(r"""\border\s+by\b(?:[^"']|"[^"]*"|'[^']*')*$""", re.IGNORECASE)


def read(
    client: JiraClient, connection: str, object_: str, ids: Sequence[str], fields: Sequence[str]
) -> Sequence[Snapshot]:
    """Issues as they are now; those that are gone are left out. No `fields`: all of them.

    `fields` may be paths (`status.name`); Jira is asked for their first parts. Raises
    PermanentError for another object, and DeliveryErrors.
    """
    _only_issues(object_)
    asked = _asked(fields)
    return [_snapshot(client, connection, shown) for shown in client.issues(ids, asked)]


def query(client: JiraClient, text_: str, fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Rows of a JQL query as they come: an issue's fields with `id`, `key` and `url`."""
    for shown in client.search(text_, _asked(fields)):
        yield issue_fields(client.settings, Issue.model_validate(shown))


def holding(client: JiraClient, object_: str, field: str) -> str:
    """Of the connection's project, if it has one. A custom field is named by its id in JQL too."""
    _only_issues(object_)
    if not _FIELD.fullmatch(field):
        raise PermanentError(f"jira: not a field: {field[:60]!r}", code="bad_name")
    number = field.removeprefix("customfield_")
    named = f"cf[{number}]" if number != field else f'"{field}"'
    project = client.settings.project
    scope = f'project = "{project}" AND ' if project else ""
    return f"{scope}{named} is not EMPTY ORDER BY key ASC"


def resolve(
    client: JiraClient, connection: str, object_: str, keys: Sequence[str]
) -> Mapping[str, Sequence[Ref]]:
    """Refs by key. A moved issue answers under its new key, so what is left is asked one by one."""
    _only_issues(object_)
    known = {
        str(shown["key"]): issue_ref(connection, str(shown["id"]))
        for shown in client.issues(keys, ["summary"])
    }
    found = {key: [known[key]] for key in keys if key in known}
    for key in (one for one in keys if one not in known):
        moved = _issue_or_none(client, key)
        if moved is not None:
            found[key] = [issue_ref(connection, str(moved["id"]))]
    return found


def touched(
    client: JiraClient, object_: str, since: datetime, now: datetime, where: str
) -> Iterator[Touched]:
    """Issues by their modification time, of the connection's project if nothing else is asked for.

    JQL takes a date in the user's own zone, to the minute; minutes before now mean the same
    everywhere. Deleted issues cannot be found.
    """
    _only_issues(object_)
    asked = [*_scope(client, where), _changed(since, now)]
    return _found(client, f"{' AND '.join(asked)} ORDER BY updated ASC", since)


def search(
    client: JiraClient, object_: str, query: str, since: datetime | None, now: datetime
) -> Iterator[Touched]:
    """Issues by when they were made. What the query says of their order is left out.

    Without a query they are those of the connection's project. Raises PermanentError where it has
    none: Jira answers no search that is bounded by nothing.
    """
    _only_issues(object_)
    asked = _scope(client, _ORDER.sub("", query).strip()) + [_changed(since, now)] * bool(since)
    if not asked:
        raise PermanentError(
            f"jira: {client.connection} has no `project`: say which issues, by a query",
            code="unbounded",
        )
    return _found(client, f"{' AND '.join(asked)} ORDER BY created ASC", since)


def name(settings: JiraSettings, said: str) -> Named | None:
    """An issue's id or key, or a URL where people read it: /browse/KEY or …?selectedIssue=KEY."""
    if "://" in said:
        return _named_by(settings, urlsplit(said))
    if said.isascii() and said.isdigit():
        return Named(object=ISSUE, id=said)
    return Named(object=ISSUE, key=said.upper()) if is_key(said) else None


def _named_by(settings: JiraSettings, url: SplitResult) -> Named | None:
    if url.netloc.lower() != urlsplit(settings.url).netloc.lower():
        return None
    shown = [*parse_qs(url.query).get("selectedIssue", []), url.path.rstrip("/").rpartition("/")[2]]
    return next((name(settings, one) for one in shown if is_key(one)), None)


READER = Reader[JiraClient](
    read=read,
    query=query,
    resolve=resolve,
    name=name,
    row_id="id",
    touched=touched,
    search=search,
    holding=holding,
    history=past.history,
    history_fields=past.FIELDS,
    hanging=hanging.HANGING,
)


def _scope(client: JiraClient, where: str) -> list[str]:
    project = client.settings.project
    scope = where or (f'project = "{project}"' if project else "")
    return [f"({scope})"] * bool(scope)


def _changed(since: datetime | None, now: datetime) -> str:
    minutes = math.ceil((now - (since or now)) / timedelta(minutes=1)) + 1
    return f'updated >= "-{minutes}m"'


def _found(client: JiraClient, jql: str, since: datetime | None) -> Iterator[Touched]:
    for shown in client.search(jql, ["updated"]):
        issue = Issue.model_validate(shown)
        updated = moment(issue.fields.get("updated"))
        if updated is not None and (since is None or updated >= since):
            yield Touched(id=issue.id, stamp=updated)


def _issue_or_none(client: JiraClient, key: str) -> Mapping[str, Any] | None:
    try:
        return client.issue(key, ["summary"])
    except PermanentError as error:
        if error.code != "404":
            raise
        return None


def _asked(fields: Sequence[str]) -> list[str]:
    ours = {"id", "key", "url"}
    first = {path.partition(".")[0] for path in fields} - ours
    return sorted(first | set(ALWAYS)) if fields else []


def _snapshot(client: JiraClient, connection: str, shown: Mapping[str, Any]) -> Snapshot:
    issue = Issue.model_validate(shown)
    updated = moment(issue.fields.get("updated"))
    if updated is None:
        raise Malformed(f"issue {issue.id} came without its modification time")
    return Snapshot(
        object=ISSUE,
        ref=issue_ref(connection, issue.id),
        act=Act.SEEN,
        occurred_at=updated,
        fields=issue_fields(client.settings, issue),
        version=text(updated),
        stamp=updated,
        created_at=moment(issue.fields.get("created")),
    )


def _only_issues(object_: str) -> None:
    if object_ != ISSUE:
        raise PermanentError(f"jira: only issues can be read, not {object_!r}", code="object")
