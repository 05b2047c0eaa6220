"""Write a comment on an issue, change it, take it back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Outcome, Receipt, Repeat
from bridge.connectors.jira import wiki
from bridge.connectors.jira.address import ISSUE, address, comment_id, told_ref
from bridge.connectors.jira.client import JiraClient
from bridge.connectors.jira.mark import PUBLIC_COMMENT, carries, mark_property
from bridge.connectors.jira.wiki import Markup
from bridge.errors import PermanentError

# Comments are listed from the database, not from the search index.
COMMENT_SETTLE_SECONDS = 5.0
COMMENT = "comment"


class AddComment(Action[JiraClient]):
    """Write a comment.

    It is found again by its property. In a Service Management project customers see it only if
    `public` is said.
    """

    kind: ClassVar[str] = "jira.add_comment"
    repeat: ClassVar[Repeat] = Repeat.FINDABLE
    settle: ClassVar[float] = COMMENT_SETTLE_SECONDS
    target: ClassVar[str | None] = "issue"
    comments_on: ClassVar[str | None] = ISSUE
    longest: ClassVar[Mapping[str, int]] = {"body": wiki.MAX_TEXT}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"issue": "jira:issue:10231", "body": "The customer confirms it on build 812."},
        {"issue": "ENG-12", "body": "*Fixed.*", "public": True, "markup": "wiki"},
    )

    issue: str
    body: str = Field(min_length=1)
    public: bool = Field(default=False, description="customers see it in Service Management")
    markup: Markup = Field(default="text", description="wiki: the body is wiki markup of ours")
    original: str = Field(default="", description="where the whole text is, told where it is cut")

    @override
    def ordering_key(self) -> str:
        return self.issue

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, self.issue)

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
        """Do it to the comment, or find that it is gone: then there is nothing to do, and nothing is
        made anew. A 404 alone proves nothing: it may be a permission that is missing.
        """
        issue, number = address(self.issue), comment_id(self.comment)
        try:
            act(issue, number)
        except PermanentError as error:
            if error.code != "404" or _is_there(client, issue, number):
                raise
            gone = _receipt(client, issue, number)
            return replace(gone, outcome=Outcome.UNCHANGED, note="the comment is gone there")
        return _receipt(client, issue, number)


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


def _is_there(client: JiraClient, issue: str, number: str) -> bool:
    return any(str(one["id"]) == number for one in client.comments(issue))


def _receipt(
    client: JiraClient, issue: str, comment: str, *, wrote: Mapping[str, Any] | None = None
) -> Receipt:
    url = "" if issue.isdigit() else f"{client.settings.browse(issue)}?focusedCommentId={comment}"
    return Receipt(ref=Ref(client.connection, COMMENT, comment), url=url, wrote=wrote or {})
