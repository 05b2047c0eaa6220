"""What mappings may ask of Salesforce's records: each is safe to repeat, by id or by an external id."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import override

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action, Receipt, Repeat
from bridge.connectors.packing import Parcel
from bridge.connectors.salesforce.addresses import (
    named_by_id,
    object_of,
    order_of,
    record_id,
    told_ref,
)
from bridge.connectors.salesforce.client import SalesforceClient, WriteOptions
from bridge.connectors.salesforce.collection import (
    MOST,
    Body,
    collected,
    parcel,
    same_key,
)
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.paths import api_name, key_segment
from bridge.connectors.salesforce.settings import API_NAME
from bridge.connectors.salesforce.values import TooLong, prepared
from bridge.errors import DeliveryError, PermanentError

# Fields that no API call sets (Salesforce object reference: system fields, Case).
SYSTEM_FIELDS = frozenset(
    {"Id", "CaseNumber", "IsDeleted", "IsClosed", "ClosedDate", "LastViewedDate"}
    | {"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp"}
    | {"LastReferencedDate", "ContactEmail", "ContactPhone", "ContactMobile", "ContactFax"}
)


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
    batch: ClassVar[int] = MOST

    fields: Mapping[str, Any]
    too_long: TooLong = "cut"
    allow_duplicates: bool = False
    auto_assign: bool = True

    def company(self, *names: str) -> str:
        """The batch key of writes that go to one place with one set of headers."""
        return "|".join((*names, str(self.allow_duplicates), str(self.auto_assign)))

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

    @classmethod
    def put_many(
        cls, client: SalesforceClient, name: str, field: str, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        """The same for many, each by its own key."""
        options = batch[0][0].options()

        def make(one: Self, key: str) -> Parcel[Body]:
            said = one.external_id(key)
            key_segment(said)
            return parcel(same_key(said), said, one.body(client, name))

        return collected(
            batch,
            make=make,
            send=lambda bodies: client.upsert_many(name, field, bodies, options=options),
            told=lambda made, body: receipt(client, name, made, wrote=body),
        )

    def external_id(self, key: str) -> str:
        """What an upsert goes by: the write key, unless the action names one itself."""
        return key


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
    def batch_key(self) -> str | None:
        return self.company(self.object, self.key_field)

    @override
    def external_id(self, key: str) -> str:
        return self.key

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        return self.put(client, self.object, field=self.key_field, key=self.key)

    @override
    @classmethod
    def run_batch(
        cls, client: SalesforceClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        return cls.put_many(client, batch[0][0].object, batch[0][0].key_field, batch)


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
    def batch_key(self) -> str | None:
        return self.company(self.object)

    @override
    def sends(self) -> Mapping[str, Any]:
        return self.fields

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        return self.put(client, self.object, field=client.settings.write_key_field, key=key)

    @override
    @classmethod
    def run_batch(
        cls, client: SalesforceClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        field = client.settings.write_key_field
        return cls.put_many(client, batch[0][0].object, field, batch)


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

    record: str = Field(min_length=1)
    object: Name | None = None

    @override
    def ordering_key(self) -> str:
        return order_of(self.object_name(), self.record)

    @override
    def target_ref(self, connection: str) -> str | None:
        return told_ref(connection, self.object_name(), self.record)

    @override
    def sets(self) -> Mapping[str, Any]:
        """Salesforce does not tell the case of API names apart."""
        return {name.casefold(): value for name, value in self.fields.items()}

    @override
    def manner(self) -> str:
        return self.company(self.too_long)

    @override
    def merged(self, later: Self) -> Self | None:
        if (self.ordering_key(), self.manner()) != (later.ordering_key(), later.manner()):
            return None
        said = later.sets()
        kept = {name: value for name, value in self.fields.items() if name.casefold() not in said}
        return self.model_copy(update={"fields": {**kept, **later.fields}})

    @override
    def without(self, names: Collection[str]) -> Self:
        fields = self.fields.items()
        kept = {name: value for name, value in fields if name.casefold() not in names}
        return self.model_copy(update={"fields": kept})

    @override
    @classmethod
    def field_for(cls, object_: str, path: str) -> str | None:
        """A field of the record itself that is not Salesforce's own to keep."""
        return path if re.fullmatch(API_NAME, path) and path not in SYSTEM_FIELDS else None

    @override
    @classmethod
    def setting(cls, ref: Ref, values: Mapping[str, Any]) -> Self:
        return cls(record=str(ref), object=ref.kind, fields=values)

    @override
    def batch_key(self) -> str | None:
        """One object, one set of headers. A key that people use must be looked up first: alone."""
        return self.company(self.object_name()) if named_by_id(self.record) else None

    @override
    @classmethod
    def run_batch(
        cls, client: SalesforceClient, batch: Sequence[tuple[Self, str]]
    ) -> Sequence[Receipt | DeliveryError | None]:
        name, options = batch[0][0].object_name(), batch[0][0].options()

        def make(one: Self, _: str) -> Parcel[Body]:
            place = record_id(client, name, one.record)
            return parcel(place, place, one.body(client, name))

        return collected(
            batch,
            make=make,
            send=lambda bodies: client.update_many(name, bodies, options=options),
            told=lambda written, body: receipt(client, name, written, wrote=body),
        )

    @override
    def run(self, client: SalesforceClient, key: str) -> Receipt:
        name = self.object_name()
        found = record_id(client, name, self.record)
        body = self.body(client, name)
        client.update(name, found, body=body, options=self.options())
        return receipt(client, name, found, wrote=body)

    def object_name(self) -> str:
        return self.object or object_of(self.record)


def receipt(
    client: SalesforceClient, name: str, record_id: str, *, wrote: Mapping[str, Any]
) -> Receipt:
    return Receipt(
        ref=Ref(client.name, name, record_id),
        key=record_id,
        url=client.record_url(name, record_id),
        wrote=wrote,
    )


RECORDS: tuple[type[Action[Any]], ...] = (UpsertRecord, UpdateRecord, CreateRecord)
