"""What we can do to Jira: one class per action."""

from bridge.connectors.jira.actions.attachment import AddAttachment, DeleteAttachment
from bridge.connectors.jira.actions.comment import AddComment, DeleteComment, EditComment
from bridge.connectors.jira.actions.create_issue import CreateIssue
from bridge.connectors.jira.actions.remote_link import LinkRemote
from bridge.connectors.jira.actions.transition import TransitionIssue
from bridge.connectors.jira.actions.update_issue import UpdateIssue

ACTIONS = (
    CreateIssue,
    UpdateIssue,
    TransitionIssue,
    AddComment,
    EditComment,
    DeleteComment,
    AddAttachment,
    DeleteAttachment,
    LinkRemote,
)

__all__ = [
    "ACTIONS",
    "AddAttachment",
    "AddComment",
    "CreateIssue",
    "DeleteAttachment",
    "DeleteComment",
    "EditComment",
    "LinkRemote",
    "TransitionIssue",
    "UpdateIssue",
]
