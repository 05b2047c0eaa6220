"""Jira's objects as snapshots: the one place that says how each is identified and stamped."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bridge.canonical.event import Act, Actor, ActorKind
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Message, Snapshot
from bridge.connectors.jira.changelog import moved
from bridge.connectors.jira.mark import carried, says_internal, written
from bridge.connectors.jira.moment import moment, text
from bridge.connectors.jira.payloads import (
    Changelog,
    Comment,
    Issue,
    User,
    vendor_id,
)
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.mark import Mark
from bridge.errors import Malformed

ISSUE, COMMENT, ATTACHMENT = "issue", "comment", "attachment"
OPEN_PROJECTS = frozenset({"software", "business"})
_KINDS = {"atlassian": ActorKind.PERSON, "app": ActorKind.APP, "customer": ActorKind.CUSTOMER}
_ISSUE_OF_COMMENT = re.compile(r"/issue/(\d+)/comment/")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What surrounds an object in a message: whose site, when, who, and what was said of it."""

    settings: JiraSettings
    message: Message
    timestamp: int | None = None
    user: User | None = None

    @property
    def at(self) -> datetime:
        """When it happened: the message's own time, else when we got it."""
        return moment(self.timestamp) or self.message.received_at

    @property
    def fingerprint(self) -> str:
        """Tells facts apart that carry no time: two that are the same byte for byte are one."""
        return hashlib.sha256(self.message.body).hexdigest()[:32]

    def ref(self, kind: str, vendor_id_: str) -> Ref:
        return Ref(self.message.connection, kind, vendor_id_)


def actor(user: User | None) -> Actor | None:
    """Who did it; Data Center says nothing about what kind of account it was."""
    if user is None or user.id is None:
        return None
    kind = _KINDS.get(user.account_type or "", ActorKind.UNKNOWN)
    return Actor(id=user.id, name=user.display_name, kind=kind)


def issue_fields(settings: JiraSettings, issue: Issue) -> dict[str, Any]:
    """An issue's fields with its id, its key and where people open it."""
    fields = {**issue.fields, "id": issue.id}
    if issue.key:
        fields |= {"key": issue.key, "url": settings.browse(issue.key)}
    return fields


def issue(scene: Scene, shown: Issue, *, act: Act, changelog: Changelog | None = None) -> Snapshot:
    """A whole issue as an issue event shows it.

    The version of an update is its changelog's id, else the issue's own modification time. Only
    a message with a changelog is one change, so only there the actor proves that it is ours.
    """
    updated = moment(shown.fields.get("updated"))
    created = moment(shown.fields.get("created"))
    items = changelog.items if changelog is not None else ()
    number = changelog.id if changelog is not None else None
    happened = {Act.CREATED: created, Act.UPDATED: updated}.get(act)
    ours = act in {Act.CREATED, Act.UPDATED} and _ours(scene)
    return Snapshot(
        object=ISSUE,
        ref=scene.ref(ISSUE, shown.id),
        act=act,
        occurred_at=happened or scene.at,
        fields=issue_fields(scene.settings, shown),
        version=(number or text(updated) or scene.fingerprint) if act is Act.UPDATED else "",
        stamp=scene.at if act is Act.DELETED else updated,
        created_at=created,
        moved=moved(items, shown.fields) if act is Act.UPDATED else (),
        actor=actor(scene.user),
        own=act is Act.UPDATED and bool(items) and ours,
        ours=(act is Act.CREATED or bool(items)) and ours,
        mark=_mark(scene, shown),
    )


def seen_issue(scene: Scene, shown: Issue, *, version: str = "") -> Snapshot:
    """An issue that is shown for another reason: it may be cut to a few fields."""
    updated = moment(shown.fields.get("updated"))
    return Snapshot(
        object=ISSUE,
        ref=scene.ref(ISSUE, shown.id),
        act=Act.SEEN,
        occurred_at=updated or scene.at,
        fields=issue_fields(scene.settings, shown),
        version=text(updated) or version or scene.fingerprint,
        stamp=updated,
        created_at=moment(shown.fields.get("created")),
        actor=actor(scene.user),
        complete=False,
        mark=_mark(scene, shown),
    )


def comment(scene: Scene, raw: Mapping[str, Any], *, act: Act, shown: Issue | None) -> Snapshot:
    """A comment. Data Center may leave its issue out: then `self` names it."""
    said = Comment.model_validate(raw)
    number = _issue_of(said, shown)
    updated = moment(said.updated)
    created = moment(said.created)
    happened = {Act.CREATED: created, Act.UPDATED: updated}.get(act)
    return Snapshot(
        object=COMMENT,
        ref=scene.ref(COMMENT, said.id),
        act=act,
        occurred_at=happened or scene.at,
        fields={
            **raw,
            "id": said.id,
            "public": _public(said),
            "issue": _parent(scene, number, shown),
        },
        version=(text(updated) or scene.fingerprint) if act in {Act.UPDATED, Act.SEEN} else "",
        stamp=scene.at if act is Act.DELETED else updated or created,
        created_at=created,
        actor=actor(scene.user or said.update_author or said.author),
        mark=_comment_mark(raw),
        on=number,
    )


def attached(
    scene: Scene, shown: Issue, *, act: Act, changelog: Changelog | None
) -> tuple[Snapshot, ...]:
    """The files that came with an issue, or came and went with a change of it. The issue's change
    log names them by id in lines called `Attachment` (captured webhooks of Server, clients of
    Cloud); no other message ties them to their issue.
    """
    there = {str(one["id"]): one for one in _listed(shown.fields.get("attachment"))}
    if act is Act.CREATED:
        return tuple(_attachment(scene, shown, one, Act.CREATED) for one in there.values())
    items = changelog.items if act is Act.UPDATED and changelog is not None else ()
    lines = [one for one in items if ATTACHMENT in {one.field_id, one.field.lower()}]
    come = (there.get(str(one.after)) for one in lines if one.after)
    gone = ({"id": str(one.before)} for one in lines if one.before and not one.after)
    return (
        *(_attachment(scene, shown, one, Act.CREATED) for one in come if one is not None),
        *(_attachment(scene, shown, one, Act.DELETED) for one in gone),
    )


def attachments(scene: Scene, shown: Issue) -> tuple[Snapshot, ...]:
    """All files of an issue that was read just now."""
    there = _listed(shown.fields.get("attachment"))
    return tuple(_attachment(scene, shown, one, Act.SEEN) for one in there)


def _attachment(scene: Scene, shown: Issue, raw: Mapping[str, Any], act: Act) -> Snapshot:
    created = moment(raw.get("created"))
    author = _user(raw.get("author")) or scene.user
    fields = {**raw, "issue": {"ref": str(scene.ref(ISSUE, shown.id))}, "public": _open(shown)}
    return Snapshot(
        object=ATTACHMENT,
        ref=scene.ref(ATTACHMENT, str(raw["id"])),
        act=act,
        occurred_at=(None if act is Act.DELETED else created) or scene.at,
        fields=fields,
        stamp=scene.at if act is Act.DELETED else created,
        created_at=created,
        actor=actor(author),
        complete=act is not Act.DELETED,
        on=shown.id,
    )


def _open(shown: Issue) -> bool | None:
    """Whoever sees the issue sees its files, but in a Service Management project nobody can tell."""
    project = shown.fields.get("project")
    kind = project.get("projectTypeKey") if isinstance(project, Mapping) else None
    return True if isinstance(kind, str) and kind in OPEN_PROJECTS else None


def _listed(value: Any) -> list[Mapping[str, Any]]:
    """What has an id, of what may be anything."""
    items = value if isinstance(value, list) else []
    return [one for one in items if isinstance(one, Mapping) and one.get("id")]


def _user(raw: Any) -> User | None:
    try:
        return User.model_validate(raw)
    except ValidationError:
        return None


def stamped(
    scene: Scene, kind: str, raw: Mapping[str, Any], *, act: Act, ids: tuple[str, ...] = ()
) -> Snapshot:
    """A release, sprint or project: these carry no modification time but the message's own."""
    number = vendor_id(raw.get("id"))
    if not isinstance(number, str) or not number:
        raise Malformed(f"a {kind} without an id")
    fields = {**raw, "id": number}
    fields |= {name: vendor_id(raw[name]) for name in ids if name in raw}
    version = str(scene.timestamp) if scene.timestamp is not None else scene.fingerprint
    return Snapshot(
        object=kind,
        ref=scene.ref(kind, number),
        act=act,
        occurred_at=scene.at,
        fields=fields,
        version=version if act is Act.UPDATED else "",
        stamp=scene.at,
        actor=actor(scene.user),
    )


def partial(whole: Snapshot) -> Snapshot:
    """The same, where what is not there is unknown rather than empty."""
    return replace(whole, complete=False)


def _mark(scene: Scene, shown: Issue) -> Mark | None:
    keys = carried(shown.fields.get("labels"))
    if not keys or not shown.key:
        return None
    return Mark(write_keys=keys, key=shown.key, url=scene.settings.browse(shown.key))


def _comment_mark(raw: Mapping[str, Any]) -> Mark | None:
    """Of a comment that was read: messages do not show its properties."""
    keys = written(raw.get("properties"))
    return Mark(write_keys=keys, key="", url="") if keys else None


def _public(said: Comment) -> bool | None:
    """Whether everybody who sees the issue may read it, customers among them; `None`: not told."""
    return False if said.visibility or says_internal(said.properties) else said.jsd_public


def _issue_of(said: Comment, shown: Issue | None) -> str:
    match = _ISSUE_OF_COMMENT.search(said.self or "")
    number = shown.id if shown is not None else match and match.group(1)
    if not number:
        raise Malformed(f"comment {said.id} does not say to which issue it belongs")
    return number


def _parent(scene: Scene, number: str, shown: Issue | None) -> dict[str, Any]:
    parent: dict[str, Any] = {"id": number, "ref": str(scene.ref(ISSUE, number))}
    if shown is not None and shown.key:
        parent |= {"key": shown.key, "url": scene.settings.browse(shown.key)}
    return parent


def _ours(scene: Scene) -> bool:
    """On Data Center people are named by `name`, which an operator may also give as the key."""
    ours, user = scene.settings.account_id, scene.user
    if ours is None or user is None:
        return False
    return ours in ({user.account_id} if user.account_id else {user.name, user.key})
