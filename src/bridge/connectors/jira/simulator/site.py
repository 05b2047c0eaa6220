"""One Jira site: its state, its webhooks, its search index and its limits, held together."""

from dataclasses import dataclass

from bridge.connectors.jira.simulator.account import Account
from bridge.connectors.jira.simulator.credentials import Credentials
from bridge.connectors.jira.simulator.hooks import Hooks
from bridge.connectors.jira.simulator.index import Index
from bridge.connectors.jira.simulator.limits import BurstLimit, IssueWriteLimit, Points
from bridge.connectors.jira.simulator.refusal import Refused
from bridge.connectors.jira.simulator.state import State


@dataclass(frozen=True, kw_only=True)
class Site:
    state: State
    hooks: Hooks
    index: Index
    burst: BurstLimit
    writes: IssueWriteLimit
    points: Points
    credentials: Credentials
    app_secret: str = "an-app-client-secret-of-a-simulator"  # noqa: S105

    def permit(self, actor: Account, permission: str) -> None:
        """People may do all; our own account what the admin left it. Raises Refused 403."""
        if actor is self.state.bot and permission in self.state.denied:
            raise Refused(403, f"You do not have the permission {permission} in this project.")
