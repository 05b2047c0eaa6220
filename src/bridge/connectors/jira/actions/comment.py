"""Write a comment on an issue."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.contract import Action, Receipt, Repeat
from bridge.connectors.jira import wiki
from bridge.connectors.jira.address import address, told_ref
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import PUBLIC_COMMENT, carries, mark_property
from bridge.connectors.jira.wiki import Markup

# Comments are listed from the database, not from the search index.
COMMENT_SETTLE_SECONDS = 5.0


class AddComment(Action[JiraClient]):
    """Write a comment.

    It is found again by its property. In a Service Management project customers see it only if
    `public` is said.
    """

    kind: ClassVar[str] = "jira.add_comment"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = COMMENT_SETTLE_SECONDS
    target: ClassVar[str | None] = "issue"
    longest: ClassVar[Mapping[str, int]] = {"body": wiki.MAX_TEXT}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "body": "The customer confirms it on build 812."},
        {"issue": "ENG-12", "body": "*Fixed.*", "public": True, "markup": "wiki"},
    )

    issue: str
    body: str = Field(min_length=1)
    public: bool = Field(default=False, description="customers see it in Service Management")
    markup: Markup = Field(default="text", description="wiki: the body is wiki markup of ours")

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, self.issue)

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        issue = address(self.issue)
        body = wiki.long_text(self.body, markup=self.markup)
        properties = [mark_property(key)]
        if not self.public:
            properties.append({"key": PUBLIC_COMMENT, "value": {"internal": True}})
        made = client.add_comment(issue, body, properties=properties)
        return _receipt(client, issue, str(made["id"]), wrote={"body": body})

    @override
    def find(self, client: JiraClient, key: str) -> Receipt | None:
        issue = address(self.issue)
        for comment in client.comments(issue):
            if carries(comment.get("properties") or (), key):
                return _receipt(client, issue, str(comment["id"]))
        return None


def _receipt(
    client: JiraClient, issue: str, comment: str, *, wrote: Mapping[str, Any] | None = None
) -> Receipt:
    url = "" if issue.isdigit() else f"{client.settings.browse(issue)}?focusedCommentId={comment}"
    return Receipt(ref=Ref(client.connection, "comment", comment), url=url, wrote=wrote or {})
