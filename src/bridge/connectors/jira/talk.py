"""Comments on issues, as they are carried here."""

from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.jira.actions import (
    AddAttachment,
    AddComment,
    DeleteAttachment,
    DeleteComment,
    EditComment,
)
from bridge.connectors.jira.actions.comment import COMMENT
from bridge.connectors.jira.address import ISSUE
from bridge.connectors.jira.settings import JiraSettings
from bridge.connectors.jira.wiki import wiki_escape
from bridge.connectors.talk import Asked, Said, Talk


def _add(said: Said) -> Asked:
    return AddComment.kind, {**_text(said), "public": said.public}


def _edit(said: Said, issue: Any, key: str) -> Asked:
    """The mark is a property, which stays."""
    return EditComment.kind, {**_text(said), "issue": issue}


def _delete(issue: Any) -> Asked:
    return DeleteComment.kind, {"issue": issue}


def _text(said: Said) -> dict[str, Any]:
    return {"body": said.body, "markup": "wiki", "original": said.original}


def _page(settings: JiraSettings, ref: Ref, key: str) -> str:
    """Jira opens issues by key alone."""
    return settings.browse(key) if key else ""


TALK = Talk[JiraSettings](
    on=ISSUE,
    comment=COMMENT,
    markup="wiki",
    shades=True,
    quoted=wiki_escape,
    add=_add,
    edit=_edit,
    delete=_delete,
    bring=lambda file: (AddAttachment.kind, dict(vars(file))),
    remove=lambda issue: (DeleteAttachment.kind, {"issue": issue}),
    account=lambda settings: settings.account_id,
    page=_page,
)
