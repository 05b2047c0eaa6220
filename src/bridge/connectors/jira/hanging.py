"""Comments and files, read live: no search of Jira's shows them, but each change of them changes their issue.

That `updated` of an issue grows with its comments and its files, also when one is taken away, is from
memory (Data Center's issue updater does it for all three).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bridge.canonical.event import Act
from bridge.connectors.contract import Message, Snapshot
from bridge.connectors.found import Hanging
from bridge.connectors.jira import snapshot
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.payloads import Issue
from bridge.connectors.jira.settings import Flavour
from bridge.connectors.jira.snapshot import ATTACHMENT, COMMENT, ISSUE, Scene
from bridge.errors import Malformed, PermanentError

Json = Mapping[str, Any]
Listed = dict[str, Sequence[Snapshot]]
UNSEEN = frozenset({"403", "404"})  # deleted, or hidden from us, since the issue was shown
_NO_TIME = datetime.fromtimestamp(0, UTC)  # nothing here goes by when a message came


def comments(client: JiraClient, connection: str, issues: Sequence[str]) -> Listed:
    """One call for each issue, and more for one with more than a page of them."""
    found: Listed = {}
    for issue in _issues(client, issues, "project"):
        listed = _listed(client, issue)
        if listed is not None:
            found[issue.id] = [_comment(client, connection, issue, raw) for raw in listed]
    return found


def read_comments(client: JiraClient, connection: str, ids: Sequence[str]) -> list[Snapshot]:
    """One call for each."""
    wanted = [_split(one) for one in ids]
    issues = _by_id(client, [issue for issue, _ in wanted], "project")
    return [
        _comment(client, connection, issues[issue], raw)
        for issue, number in wanted
        if issue in issues and (raw := client.comment(issue, number)) is not None
    ]


def files(client: JiraClient, connection: str, issues: Sequence[str]) -> Listed:
    """With their issues, a hundred in one call."""
    scene = _scene(client, connection)
    shown = _issues(client, issues, "attachment", "project")
    return {issue.id: snapshot.attachments(scene, issue) for issue in shown}


def read_files(client: JiraClient, connection: str, ids: Sequence[str]) -> list[Snapshot]:
    wanted = [_split(one) for one in ids]
    there = files(client, connection, [issue for issue, _ in wanted])
    return [one for issue, number in wanted for one in there.get(issue, ()) if one.ref.id == number]


HANGING: Mapping[str, Hanging[JiraClient, Snapshot]] = {
    COMMENT: Hanging(on=ISSUE, all=comments, read=read_comments),
    ATTACHMENT: Hanging(on=ISSUE, all=files, read=read_files),
}


def _issues(client: JiraClient, ids: Sequence[str], *fields: str) -> Iterator[Issue]:
    unique = sorted(set(ids))
    return (Issue.model_validate(shown) for shown in client.issues(unique, fields))


def _by_id(client: JiraClient, ids: Sequence[str], *fields: str) -> dict[str, Issue]:
    return {issue.id: issue for issue in _issues(client, ids, *fields)}


def _listed(client: JiraClient, issue: Issue) -> list[Json] | None:
    try:
        return list(client.comments(issue.id))
    except PermanentError as error:
        if error.code not in UNSEEN:
            raise
        return None


def _comment(client: JiraClient, connection: str, issue: Issue, raw: Json) -> Snapshot:
    """A message of a Data Center does not say that everybody may see it. Where a read says so, it is
    left out here too: the same comment would be public or not by the way that it came.
    """
    shown = dict(raw)
    if client.settings.flavour is Flavour.DATACENTER and shown.get("jsdPublic") is True:
        del shown["jsdPublic"]
    try:
        return snapshot.comment(_scene(client, connection), shown, act=Act.SEEN, shown=issue)
    except ValidationError as error:
        raise Malformed(f"a comment that is not as documented: {error.title}") from None


def _scene(client: JiraClient, connection: str) -> Scene:
    """Nobody told it: it was read."""
    message = Message(connection=connection, headers={}, body=b"", received_at=_NO_TIME)
    return Scene(settings=client.settings, message=message)


def _split(address: str) -> tuple[str, str]:
    issue, _, number = address.partition("/")
    return issue, number
