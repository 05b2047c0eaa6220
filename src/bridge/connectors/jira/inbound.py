"""What a Jira message means: the handled events, and why the others are ignored."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from bridge.canonical.event import Act
from bridge.connectors.contract import Acknowledgement, Message, Snapshot, Translation
from bridge.connectors.jira import snapshot
from bridge.connectors.jira.automation import automation_data, is_issue
from bridge.connectors.jira.catalogue import (
    CHANGES_AN_ISSUE,
    COMMENT_ACTS,
    COMMENT_EVENTS,
    IGNORED,
    ISSUE_EVENTS,
    PROJECT_EVENTS,
    PROJECT_STATES,
    SPRINT_EVENTS,
    UPDATE,
    VERSION_EVENTS,
)
from bridge.connectors.jira.payloads import (
    CommentEvent,
    Envelope,
    IncludedIssue,
    Issue,
    IssueEvent,
    ProjectEvent,
    SprintEvent,
    VersionEvent,
)
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.snapshot import Scene
from bridge.errors import Malformed

MAX_BYTES = 25_000_000  # Atlassian, webhooks guide: Jira drops larger ones itself

P = TypeVar("P", bound=BaseModel)
Handler = Callable[[JiraSettings, Message, Mapping[str, Any], str], tuple[Snapshot, ...]]


def acknowledge(settings: JiraSettings, message: Message) -> Acknowledgement:
    """202: taken, and worked on later."""
    return Acknowledgement(status=202)


def translate(settings: JiraSettings, message: Message) -> Translation:
    """The snapshots of one message, or why there are none. Raises Malformed."""
    payload = _payload(message)
    if "webhookEvent" not in payload:
        return _without_event(settings, message, payload)
    event = _read(Envelope, payload).webhook_event
    handler = HANDLERS.get(event)
    if handler is not None:
        return Translation(event_type=event, snapshots=handler(settings, message, payload, event))
    if IGNORED.get(event) == CHANGES_AN_ISSUE and isinstance(payload.get("issue"), Mapping):
        return Translation(event_type=event, snapshots=_included(settings, message, payload))
    return Translation(event_type=event, ignored=IGNORED.get(event, "an event we do not know"))


def _payload(message: Message) -> Mapping[str, Any]:
    if not message.body.strip():
        raise Malformed('the body is empty: clear "Exclude body" of this webhook in Jira')
    try:
        payload = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    if not isinstance(payload, Mapping):
        raise Malformed("not a JSON object")
    return payload


def _read(model: type[P], payload: Mapping[str, Any]) -> P:
    """The payload as documented. The error names fields and never shows their values."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in line['loc'])}: {line['msg']}"
            for line in error.errors(include_input=False, include_url=False)[:5]
        )
        raise Malformed(f"not as Jira documents it: {places}") from None


def _scene(settings: JiraSettings, message: Message, event: Envelope | IncludedIssue) -> Scene:
    return Scene(settings=settings, message=message, timestamp=event.timestamp, user=event.user)


def _issue(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any], name: str
) -> tuple[Snapshot, ...]:
    """An update whose changelog is empty and that shows a comment is about the comment alone."""
    event = _read(IssueEvent, payload)
    scene = _scene(settings, message, event)
    about = _comment_of(scene, event) if name == UPDATE else ()
    changed = event.changelog is not None and bool(event.changelog.items)
    if about and not changed:
        return about
    act = ISSUE_EVENTS[name]
    whole = snapshot.issue(scene, event.issue, act=act, changelog=event.changelog)
    files = snapshot.attached(scene, event.issue, act=act, changelog=event.changelog)
    return (whole, *about, *files)


def _comment_of(scene: Scene, event: IssueEvent) -> tuple[Snapshot, ...]:
    if event.comment is None:
        return ()
    act = COMMENT_ACTS.get(event.issue_event_type_name or "")
    if act is None:
        act = _created_or_edited(event.comment)
    return (_comment_snapshot(scene, event.comment, act=act, shown=event.issue),)


def _created_or_edited(comment: Mapping[str, Any]) -> Act:
    """A comment written along with a transition: the event is named after the transition."""
    return Act.CREATED if comment.get("created") == comment.get("updated") else Act.UPDATED


def _comment(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any], name: str
) -> tuple[Snapshot, ...]:
    event = _read(CommentEvent, payload)
    scene = _scene(settings, message, event)
    act = COMMENT_EVENTS[name]
    return (_comment_snapshot(scene, event.comment, act=act, shown=event.issue),)


def _comment_snapshot(
    scene: Scene, raw: Mapping[str, Any], *, act: Act, shown: Issue | None
) -> Snapshot:
    try:
        return snapshot.comment(scene, raw, act=act, shown=shown)
    except ValidationError as error:
        raise Malformed(f"a comment that is not as documented: {error.title}") from None


def _version(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any], name: str
) -> tuple[Snapshot, ...]:
    event = _read(VersionEvent, payload)
    raw = dict(event.version)
    if event.merged_to is not None:
        raw["mergedTo"] = event.merged_to
    scene = _scene(settings, message, event)
    return (snapshot.stamped(scene, "version", raw, act=VERSION_EVENTS[name], ids=("projectId",)),)


def _sprint(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any], name: str
) -> tuple[Snapshot, ...]:
    event = _read(SprintEvent, payload)
    scene = _scene(settings, message, event)
    act = SPRINT_EVENTS[name]
    return (snapshot.stamped(scene, "sprint", event.sprint, act=act, ids=("originBoardId",)),)


def _project(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any], name: str
) -> tuple[Snapshot, ...]:
    """Project payloads leave most of a project out, so what is missing is unknown."""
    event = _read(ProjectEvent, payload)
    raw = {**event.project, **PROJECT_STATES.get(name, {})}
    scene = _scene(settings, message, event)
    return (snapshot.partial(snapshot.stamped(scene, "project", raw, act=PROJECT_EVENTS[name])),)


def _included(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any]
) -> tuple[Snapshot, ...]:
    event = _read(IncludedIssue, payload)
    return (snapshot.seen_issue(_scene(settings, message, event), event.issue),)


def _without_event(
    settings: JiraSettings, message: Message, payload: Mapping[str, Any]
) -> Translation:
    """Automation's bodies: custom data, or the issue itself; Service Management's old one."""
    scene = Scene(settings=settings, message=message)
    snapshots: tuple[Snapshot, ...]
    if "issueId" in payload:
        snapshots = (automation_data(scene, payload),)
    elif is_issue(payload):
        snapshots = (snapshot.seen_issue(scene, _read(Issue, payload)),)
    elif isinstance(payload.get("issue"), Mapping):
        snapshots = _included(settings, message, payload)
    else:
        raise Malformed("neither a webhook (no webhookEvent) nor an issue")
    return Translation(event_type="automation", snapshots=snapshots)


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(ISSUE_EVENTS, _issue),
    **dict.fromkeys(COMMENT_EVENTS, _comment),
    **dict.fromkeys(VERSION_EVENTS, _version),
    **dict.fromkeys(SPRINT_EVENTS, _sprint),
    **dict.fromkeys(PROJECT_EVENTS, _project),
}
