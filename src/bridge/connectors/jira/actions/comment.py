"""Write a comment on an issue, change it, take it back."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Receipt, Repeat
from bridge.connectors.gone import unless_gone
from bridge.connectors.jira import wiki
from bridge.connectors.jira.actions.on_issue import OnIssue, unlisted
from bridge.connectors.jira.address import ISSUE, address, comment_id
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import PUBLIC_COMMENT, carries, mark_property
from bridge.connectors.jira.wiki import Markup

# Comments are listed from the database, not from the search index.
COMMENT_SETTLE_SECONDS = 5.0
COMMENT = "comment"


class AddComment(OnIssue):
    """Write a comment.

    It is found again by its property. In a Service Management project customers see it only if
    `public` is said.
    """

    kind: ClassVar[str] = "jira.add_comment"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = COMMENT_SETTLE_SECONDS
    comments_on: ClassVar[str | None] = ISSUE
    longest: ClassVar[Mapping[str, int]] = {"body": wiki.MAX_TEXT}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "body": "The customer confirms it on build 812."},
        {"issue": "ENG-12", "body": "*Fixed.*", "public": True, "markup": "wiki"},
    )

    body: str = Field(min_length=1)
    public: bool = Field(default=False, description="customers see it in Service Management")
    markup: Markup = Field(default="text", description="wiki: the body is wiki markup of ours")
    original: str = Field(default="", description="where the whole text is, told where it is cut")

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        issue = address(self.issue)
        body = wiki.long_text(self.body, markup=self.markup, original=self.original)
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


class _OfComment(Action[JiraClient]):
    """Something done to a comment that is there. It is addressed by its ref or its id."""

    repeat: ClassVar[Repeat] = Repeat.SAFE
    target: ClassVar[str | None] = "comment"

    comment: str
    issue: str = Field(description="the issue that it is on")

    @override
    def ordering_key(self) -> str:
        return f"{COMMENT}:{self.comment.rpartition(':')[2]}"

    @override
    def target_ref(self, connection: str) -> str | None:
        return str(Ref(connection, COMMENT, comment_id(self.comment)))

    def done(self, client: JiraClient, act: Callable[[str, str], None]) -> Receipt:
        """Do it to the comment, if that is there."""
        issue, number = address(self.issue), comment_id(self.comment)
        return unless_gone(
            lambda: act(issue, number),
            _receipt(client, issue, number),
            what="comment",
            is_gone=lambda error: unlisted(error, number, lambda: client.comments(issue)),
        )


class EditComment(_OfComment):
    """Give a comment another text. Who may see it stays as it is."""

    kind: ClassVar[str] = "jira.edit_comment"
    longest: ClassVar[Mapping[str, int]] = {"body": wiki.MAX_TEXT}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"comment": "jira:comment:30117", "issue": "jira:issue:10231", "body": "Not on build 812."},
    )

    body: str = Field(min_length=1)
    markup: Markup = Field(default="text", description="wiki: the body is wiki markup of ours")
    original: str = Field(default="", description="where the whole text is, told where it is cut")

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        body = wiki.long_text(self.body, markup=self.markup, original=self.original)
        return self.done(client, lambda issue, number: client.edit_comment(issue, number, body))


class DeleteComment(_OfComment):
    """Take a comment back."""

    kind: ClassVar[str] = "jira.delete_comment"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"comment": "jira:comment:30117", "issue": "jira:issue:10231"},
    )

    @override
    def run(self, client: JiraClient, key: str) -> Receipt:
        return self.done(client, client.delete_comment)


def _receipt(
    client: JiraClient, issue: str, comment: str, *, wrote: Mapping[str, Any] | None = None
) -> Receipt:
    url = "" if issue.isdigit() else f"{client.settings.browse(issue)}?focusedCommentId={comment}"
    return Receipt(ref=Ref(client.connection, COMMENT, comment), url=url, wrote=wrote or {})
