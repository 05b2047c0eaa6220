"""Case comments: said, changed, taken back.

All but a new one are safe to repeat. That is found again by a mark that carries the write key, in
its last line, and an edit keeps the mark.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import Field
from typing_extensions import override

from bridge.connectors.action import Action, Receipt, Repeat
from bridge.connectors.gone import unless_gone
from bridge.connectors.salesforce.actions import receipt
from bridge.connectors.salesforce.addresses import named_by_id, order_of, record_id, told_ref
from bridge.connectors.salesforce.answers import is_gone
from bridge.connectors.salesforce.client import SalesforceClient, WriteOptions
from bridge.connectors.salesforce.collection import MOST, collected, parcel
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.marks import COMMENT, COMMENT_BYTES, carried, marked
from bridge.connectors.salesforce.quoting import format_soql
from bridge.errors import DeliveryError


class AddCaseComment(Action[SalesforceClient]):
    """Write a comment on a case. It is for the team, unless `published` shows it to the customer."""

    kind = "salesforce.add_case_comment"
    repeat = Repeat.FINDABLE
    settle = 15.0  # SOQL sees a commit at once; a call we gave up on may still be at work
    target = "case"
    creates = COMMENT
    comments_on = "Case"
    longest: ClassVar[Mapping[str, int]] = {"body": COMMENT_BYTES}
    batch: ClassVar[int] = MOST
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"case": "500Wq00000KfLmNIAV", "body": "ENG-12 is done."},
    )

    case: str = Field(min_length=1)
    body: str = Field(min_length=1)
    published: bool = False
    original: str = Field(default="", description="where the whole text is, told where it is cut")

    @override
    def ordering_key(self) -> str:
        return order_of("Case", self.case)

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, "Case", self.case)

    @override
    def batch_key(self) -> str | None:
        """A case named by the key that people use must be looked up first: alone."""
        return "" if named_by_id(self.case) else None

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        values = self.values(client, key)
        made = client.create(COMMENT, body=values)
        return receipt(client, COMMENT, made, wrote=values)

    @override
    @classmethod
    def run_batch(
        cls, client: SalesforceClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        return collected(
            batch,
            make=lambda one, key: parcel(key, key, one.values(client, key)),
            send=lambda bodies: client.create_many(COMMENT, list(bodies.values())),
            told=lambda made, values: receipt(client, COMMENT, made, wrote=values),
        )

    @override
    def find(self, client: SalesforceClient, key: str) -> Receipt | None:
        """Salesforce cannot filter by a comment's text, so the case's own comments are read."""
        soql = format_soql(
            "SELECT Id, CommentBody FROM CaseComment WHERE ParentId = {} ORDER BY CreatedDate DESC",
            record_id(client, "Case", self.case),
        )
        for row in client.query(soql):
            if carried(row.get("CommentBody")) == key:
                return receipt(client, COMMENT, full_id(str(row["Id"])), wrote={})
        return None

    def values(self, client: SalesforceClient, key: str) -> dict[str, Any]:
        return {
            "ParentId": record_id(client, "Case", self.case),
            "CommentBody": marked(self.body, key, original=self.original),
            "IsPublished": self.published,
        }


class _OfComment(Action[SalesforceClient]):
    """Something done to a comment that is there. It is addressed by its ref or its id."""

    repeat = Repeat.SAFE
    target = "comment"

    comment: str

    @override
    def ordering_key(self) -> str:
        return order_of(COMMENT, self.comment)

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, COMMENT, self.comment)

    def done(self, client: SalesforceClient, act: Callable[[str], None]) -> Receipt:
        """Do it to the comment, if that is there."""
        found = record_id(client, COMMENT, self.comment)
        done = receipt(client, COMMENT, found, wrote={})
        return unless_gone(lambda: act(found), done, what="comment", is_gone=is_gone)


class EditCaseComment(_OfComment):
    """Give a comment another text. Whether the customer sees it stays as it is."""

    kind = "salesforce.edit_case_comment"
    longest: ClassVar[Mapping[str, int]] = {"body": COMMENT_BYTES}
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"comment": "00aWq00000KfLmNIAV", "body": "ENG-12 is done, on build 812."},
    )

    body: str = Field(min_length=1)
    mark: str = Field(default="", description="the write key that it was made with, to be kept")
    original: str = Field(default="", description="where the whole text is, told where it is cut")

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        values = {"CommentBody": marked(self.body, self.mark, original=self.original)}
        options = WriteOptions()
        return self.done(
            client, lambda found: client.update(COMMENT, found, body=values, options=options)
        )


class DeleteCaseComment(_OfComment):
    """Take a comment back."""

    kind = "salesforce.delete_case_comment"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"comment": "00aWq00000KfLmNIAV"},)

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        return self.done(client, lambda found: client.delete(COMMENT, found))


COMMENTS: tuple[type[Action[Any]], ...] = (AddCaseComment, EditCaseComment, DeleteCaseComment)
