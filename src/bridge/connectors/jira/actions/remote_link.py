"""Link an issue to a page elsewhere."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.canonical.ids import stable_id
from bridge.connectors.action import Receipt, Repeat
from bridge.connectors.jira import wiki
from bridge.connectors.jira.actions.on_issue import OnIssue
from bridge.connectors.jira.address import address
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.receipt import addressed_issue

MAX_GLOBAL_ID = 255  # Atlassian, REST reference, remote issue links


class LinkRemote(OnIssue):
    """Link an issue to a page. One link for each `global_id`: a second run replaces the first.

    Jira empties what an update leaves out, so the whole link is sent each time.
    """

    kind: ClassVar[str] = "jira.link_remote"
    repeat: ClassVar[Repeat] = Repeat.SAFE
    adds: ClassVar[bool] = True
    longest: ClassVar[Mapping[str, int]] = {"title": wiki.MAX_LINE, "summary": wiki.MAX_LINE}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "issue": "jira:issue:10231",
            "url": "https://crm.example.com/500AB",
            "title": "Case 00004711",
        },
    )

    url: str = Field(pattern=r"^https?://")
    title: str = Field(min_length=1)
    summary: str = ""
    global_id: str | None = Field(default=None, description="made from the url if left out")

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        issue = address(self.issue)
        shown = {"url": self.url, "title": wiki.one_line(self.title)}
        if self.summary:
            shown["summary"] = wiki.one_line(self.summary)
        client.link_remote(issue, {"globalId": self._global_id(), "object": shown})
        return addressed_issue(client, issue)

    def _global_id(self) -> str:
        """By the page and not by the write key: two rules that link one page make one link."""
        wanted = self.global_id or f"bridge={self.url}"
        return wanted if len(wanted) <= MAX_GLOBAL_ID else stable_id("bridge", wanted)
