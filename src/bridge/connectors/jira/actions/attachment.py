"""Bring a file to an issue, and take one away."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Receipt, Repeat
from bridge.connectors.bringing import Bringing, example
from bridge.connectors.gone import unless_gone
from bridge.connectors.jira.actions.on_issue import OnIssue, unlisted
from bridge.connectors.jira.address import address
from bridge.connectors.jira.client import JiraClient

ATTACHMENT = "attachment"
SETTLE_SECONDS = 5.0  # attachments are listed from the database


class AddAttachment(OnIssue, Bringing[JiraClient]):
    """Bring a file to an issue. It is found again by its name and size: Jira gives it no other mark."""

    kind: ClassVar[str] = "jira.add_attachment"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = SETTLE_SECONDS
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", **example("log.txt")},
    )

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        return _receipt(client, str(client.shelf.add(address(self.issue), self.file())["id"]))

    @override
    def find(self, client: JiraClient, key: str) -> Receipt | None:
        ours = client.settings.account_id
        for one in client.shelf.on(address(self.issue)):
            author = (one.get("author") or {}).get("accountId") or (one.get("author") or {}).get(
                "name"
            )
            same = (str(one.get("filename")), one.get("size")) == (self.plain_name, self.size)
            if same and (ours is None or author == ours):
                return _receipt(client, str(one["id"]))
        return None


class DeleteAttachment(Action[JiraClient]):
    """Take a file away from the issue that it is on."""

    kind: ClassVar[str] = "jira.delete_attachment"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "attachment"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"attachment": "jira:attachment:10401", "issue": "jira:issue:10231"},
    )

    attachment: str
    issue: str = Field(description="the issue that it is on")

    @override
    def ordering_key(self) -> str:
        return f"{ATTACHMENT}:{self._number}"

    @override
    def target_ref(self, connection: str) -> str | None:
        return str(Ref(connection, ATTACHMENT, self._number))

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        return unless_gone(
            lambda: client.shelf.remove(self._number),
            _receipt(client, self._number),
            what="file",
            is_gone=lambda error: unlisted(
                error, self._number, lambda: client.shelf.on(address(self.issue))
            ),
        )

    @property
    def _number(self) -> str:
        return self.attachment.rpartition(":")[2]


def _receipt(client: JiraClient, number: str) -> Receipt:
    return Receipt(ref=Ref(client.connection, ATTACHMENT, number))
