"""What we can do to Jira: one class per action."""

from bridge.connectors.jira.actions.comment import AddComment
from bridge.connectors.jira.actions.issue import CreateIssue, UpdateIssue
from bridge.connectors.jira.actions.remote_link import LinkRemote
from bridge.connectors.jira.actions.transition import TransitionIssue

ACTIONS = (CreateIssue, UpdateIssue, TransitionIssue, AddComment, LinkRemote)

__all__ = [
    "ACTIONS",
    "AddComment",
    "CreateIssue",
    "LinkRemote",
    "TransitionIssue",
    "UpdateIssue",
]
