"""What mappings may ask of Salesforce.

All but the comment are safe to repeat: they set values by id or by an external id. A comment is
found again by a mark that carries the write key, in its last line.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from simple_salesforce.format import format_soql
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.contract import Action, Receipt, Repeat
from bridge.connectors.salesforce.addresses import object_of, order_of, record_id
from bridge.connectors.salesforce.client import SalesforceClient, WriteOptions, api_name
from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.connectors.salesforce.settings import API_NAME
from bridge.connectors.salesforce.values import TooLong, cut_bytes, long_text, prepared
from bridge.errors import DeliveryError, PermanentError, TransientError

COMMENT_BYTES = 4_000  # CaseComment.CommentBody (Salesforce object reference)


def _checked_name(name: str) -> str:
    try:
        return api_name(name)
    except PermanentError:
        raise ValueError(f"an API name such as Case or Jira_Key__c ({API_NAME})") from None


Name = Annotated[str, AfterValidator(_checked_name)]


class _Write(Action[SalesforceClient]):
    """A write of fields to one record.

    too_long: `cut` shortens a text to its field's length, with a marker; `refuse` does not send it.
    """

    fields_from: ClassVar[str | None] = "fields"

    fields: Mapping[str, Any]
    too_long: TooLong = "cut"
    allow_duplicates: bool = False
    auto_assign: bool = True

    def options(self) -> WriteOptions:
        return WriteOptions(allow_duplicates=self.allow_duplicates, auto_assign=self.auto_assign)

    def body(self, client: SalesforceClient, name: str) -> dict[str, Any]:
        """The fields as the object's describe wants them."""
        describe = client.describe(name)
        if describe.lacks(self.fields):
            describe = client.describe_anew(name)
        return prepared(describe, self.fields, too_long=self.too_long)

    def put(self, client: SalesforceClient, name: str, *, field: str, key: str) -> Receipt:
        """Upsert by an external id."""
        body = self.body(client, name)
        written = client.upsert(name, field, key=key, body=body, options=self.options())
        return receipt(client, name, full_id(written.id), wrote=body)


class UpsertRecord(_Write):
    """Create or update the record that carries a key in an external id field, which is unique."""

    kind = "salesforce.upsert_record"
    repeat = Repeat.SAFE
    creates = "record"
    upserts = True
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "object": "Case",
            "key_field": "Jira_Key__c",
            "key": "ENG-12",
            "fields": {"Subject": "Reboots at night", "Jira_Status__c": "In Progress"},
        },
    )

    object: Name
    key_field: Name
    key: str = Field(min_length=1)

    @model_validator(mode="after")
    def _key_apart(self) -> Self:
        if self.key_field.lower() in {name.lower() for name in self.fields}:
            raise ValueError(f"{self.key_field} is the key; leave it out of fields")
        return self

    @override
    def ordering_key(self) -> str:
        return f"{self.object}:{self.key_field}:{self.key}"

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        return self.put(client, self.object, field=self.key_field, key=self.key)


class CreateRecord(_Write):
    """Make a record, once: an upsert by the connection's write key field (`Bridge_Key__c`).

    The object must have that field, as an external id and unique.
    """

    kind = "salesforce.create_record"
    repeat = Repeat.SAFE
    creates = "record"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"object": "Case", "fields": {"Subject": "Reboots at night", "Origin": "Web"}},
    )

    object: Name

    @override
    def ordering_key(self) -> str:
        return ""

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        return self.put(client, self.object, field=client.settings.write_key_field, key=key)


class UpdateRecord(_Write):
    """Set fields of a record that is there. `record` is a ref, an id, or the key people use.

    A ref tells its object by itself; with an id or a key `object` must be named.
    """

    kind = "salesforce.update_record"
    repeat = Repeat.SAFE
    target = "record"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {
            "object": "Case",
            "record": "500Wq00000KfLmNIAV",
            "fields": {"Jira_Status__c": "Done", "Bridge_Problem__c": None},
        },
    )

    batch: ClassVar[int] = 200  # REST guide, sObject Collections

    record: str = Field(min_length=1)
    object: Name | None = None

    @override
    def ordering_key(self) -> str:
        return order_of(self.object or object_of(self.record), self.record)

    @override
    def batch_key(self) -> str | None:
        """One object, one set of headers. A key that people use must be looked up first: alone."""
        if not is_id(self.record.rpartition(":")[2]):
            return None
        name = self.object or object_of(self.record)
        return f"{name}|{self.allow_duplicates}|{self.auto_assign}"

    @override
    @classmethod
    def run_batch(
        cls, client: SalesforceClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError]:
        first = batch[0][0]
        name = first.object or object_of(first.record)
        bodies: dict[str, dict[str, Any]] = {}
        found = []
        for one, _ in batch:
            place = one.addressed(client, name)
            if isinstance(place, tuple) and place[0] in bodies:
                place = TransientError(
                    f"{client.name}: twice in one call", code="twice", retry_after=0.0
                )
            if isinstance(place, tuple):
                bodies[place[0]] = place[1]
            found.append(place)
        wrong = client.update_many(name, bodies, options=first.options()) if bodies else ()
        errors = dict(zip(bodies, wrong, strict=True))
        return [
            one
            if isinstance(one, DeliveryError)
            else errors[one[0]] or receipt(client, name, one[0], wrote=one[1])
            for one in found
        ]

    def addressed(
        self, client: SalesforceClient, name: str
    ) -> tuple[str, dict[str, Any]] | DeliveryError:
        """The record's id and the fields as they are sent, or what is wrong with them."""
        try:
            return record_id(client, name, self.record), self.body(client, name)
        except DeliveryError as error:
            return error

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        name = self.object or object_of(self.record)
        found = record_id(client, name, self.record)
        body = self.body(client, name)
        client.update(name, found, body=body, options=self.options())
        return receipt(client, name, found, wrote=body)


class AddCaseComment(Action[SalesforceClient]):
    """Write a comment on a case. It is for the team, unless `published` shows it to the customer."""

    kind = "salesforce.add_case_comment"
    repeat = Repeat.FINDABLE
    settle = 15.0  # SOQL sees a commit at once; a call we gave up on may still be at work
    target = "case"
    creates = "CaseComment"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"case": "500Wq00000KfLmNIAV", "body": "ENG-12 is done."},
    )

    case: str = Field(min_length=1)
    body: str = Field(min_length=1)
    published: bool = False

    @override
    def ordering_key(self) -> str:
        return order_of("Case", self.case)

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        values = {
            "ParentId": record_id(client, "Case", self.case),
            "CommentBody": marked(self.body, key),
            "IsPublished": self.published,
        }
        made = client.create("CaseComment", body=values)
        return receipt(client, "CaseComment", made, wrote=values)

    @override
    def find(self, client: SalesforceClient, key: str) -> Receipt | None:
        """Salesforce cannot filter by a comment's text, so the case's own comments are read."""
        soql = format_soql(
            "SELECT Id, CommentBody FROM CaseComment WHERE ParentId = {} ORDER BY CreatedDate DESC",
            record_id(client, "Case", self.case),
        )
        for row in client.query(soql):
            if mark(key) in str(row.get("CommentBody") or ""):
                return receipt(client, "CaseComment", full_id(str(row["Id"])), wrote={})
        return None


ACTIONS: tuple[type[Action[Any]], ...] = (UpsertRecord, UpdateRecord, CreateRecord, AddCaseComment)


def mark(key: str) -> str:
    """The line that a comment of ours ends with."""
    return f"[bridge {key}]"


def marked(body: str, key: str) -> str:
    """A comment's text with its mark, cut to what a comment holds. The mark is never cut."""
    tail = long_text(f"\n\n{mark(key)}")
    return cut_bytes(long_text(body), COMMENT_BYTES - len(tail.encode())) + tail


def receipt(
    client: SalesforceClient, name: str, record_id: str, *, wrote: Mapping[str, Any]
) -> Receipt:
    return Receipt(
        ref=Ref(client.name, name, record_id),
        key=record_id,
        url=client.record_url(name, record_id),
        wrote=wrote,
    )
