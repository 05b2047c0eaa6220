"""What Salesforce sends and answers, as it documents it: unknown members ignored.

Sources: SOAP API guide "Outbound Messaging"; REST API guide "Upsert", "Query", "Describe",
"Limits", "Status Codes and Error Responses". JSON callouts have the shape we ask admins for.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from bridge.connectors.salesforce import soap
from bridge.connectors.salesforce.ids import full_id
from bridge.errors import Malformed

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
MAX_NOTIFICATIONS = 100  # SOAP API guide: one message holds up to 100
MAX_RECORDS = 2_000  # our own bound for one callout; a trigger's batch is 200
MAX_DEPTH = 16  # of a callout's record


class _Outside(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Notification(_Outside):
    """One record of an Outbound Message. Values are text; an absent field is null at Salesforce.

    `record_id` is empty where the record was deleted before the message was sent: such a
    notification holds no data.
    """

    id: str
    object: str = ""
    record_id: str = ""
    fields: Mapping[str, Any] = {}


class OutboundMessage(_Outside):
    organization_id: str
    action_id: str
    notifications: tuple[Notification, ...]


class Callout(_Outside):
    """One record of a JSON callout."""

    event: str = ""
    id: str | int | None = None  # the sender's id of this event
    object: str = Field(min_length=1, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    act: Literal["created", "updated", "deleted"] | None = None
    record: Mapping[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _serialised(cls, value: Any) -> Any:
        """Apex's JSON.serialize names the object inside the record; a bare record is taken too."""
        if not isinstance(value, dict):
            return value
        envelope = value if "record" in value else {"record": value}
        record = envelope["record"]
        attributes = record.get("attributes") if isinstance(record, dict) else None
        if "object" in envelope or not isinstance(attributes, dict):
            return envelope
        return {**envelope, "object": attributes.get("type")}


class ChangeHeader(_Outside):
    """Change Data Capture's ChangeEventHeader."""

    entity: str = Field(alias="entityName")
    record_ids: tuple[str, ...] = Field(alias="recordIds")
    change_type: str = Field(alias="changeType")
    origin: str = Field(default="", alias="changeOrigin")
    transaction: str = Field(default="", alias="transactionKey")
    sequence: int = Field(default=0, alias="sequenceNumber")
    committed_ms: int = Field(alias="commitTimestamp", ge=0, le=253_402_300_799_000)
    user: str = Field(default="", alias="commitUser")
    nulled: tuple[str, ...] = Field(default=(), alias="nulledFields")


class TokenAnswer(_Outside):
    access_token: str = Field(min_length=1, repr=False)
    instance_url: str
    id: str = ""  # https://login.salesforce.com/id/<organization>/<user>


class Problem(_Outside):
    """One item of an error answer; collections and upserts say `statusCode` for `errorCode`."""

    code: str = Field(default="", alias="errorCode")
    message: str = ""
    fields: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and "statusCode" in value and "errorCode" not in value:
            return {**value, "errorCode": value["statusCode"]}
        return value


class Written(_Outside):
    """The answer to a create or an upsert."""

    id: str
    success: bool = True
    created: bool = False
    errors: tuple[Problem, ...] = ()


class Saved(_Outside):
    """What became of one record of a collection; a refused one has no id."""

    id: str | None = None
    success: bool
    errors: tuple[Problem, ...] = ()


class SavedRecords(RootModel[tuple[Saved, ...]]):
    """What became of a collection, in the order of the request."""


class Page(_Outside):
    """One page of a query."""

    records: tuple[Mapping[str, Any], ...]
    done: bool = True
    next_url: str | None = Field(default=None, alias="nextRecordsUrl")


class PicklistValue(_Outside):
    value: str
    label: str | None = None
    active: bool = True


class FieldDescribe(_Outside):
    """One field of an object as our user may see it."""

    name: str
    type: str = "string"
    label: str | None = None
    length: int = 0
    extra: str | None = Field(default=None, alias="extraTypeInfo")
    scale: int | None = None
    createable: bool = True
    updateable: bool = True
    unique: bool = False
    external_id: bool = Field(default=False, alias="externalId")
    relationship: str | None = Field(default=None, alias="relationshipName")
    restricted: bool = Field(default=False, alias="restrictedPicklist")
    picklist: tuple[PicklistValue, ...] = Field(default=(), alias="picklistValues")

    @model_validator(mode="before")
    @classmethod
    def _no_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None}


class ObjectDescribe(_Outside):
    name: str
    createable: bool = True
    updateable: bool = True
    queryable: bool = True
    fields: tuple[FieldDescribe, ...]


class Limit(_Outside):
    max: int = Field(alias="Max")
    remaining: int = Field(alias="Remaining")


PROBLEMS: TypeAdapter[tuple[Problem, ...]] = TypeAdapter(tuple[Problem, ...])


class Callouts(_Outside):
    """A callout's body: one envelope, a list of them, or one with `records` in place of `record`."""

    callouts: tuple[Callout, ...] = Field(min_length=1, max_length=MAX_RECORDS)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Raises Malformed."""
        shallow(value)
        try:
            callouts = tuple(Callout.model_validate(item) for item in _envelopes(value))
            return cls(callouts=callouts)
        except ValidationError as error:
            raise Malformed(f"callout: {_first(error)}") from None


def notifications(root: soap.Element) -> soap.Element:
    """The `notifications` element of an envelope. Raises Malformed."""
    body = root.first(f"{{{ENVELOPE}}}Body") if root.tag == f"{{{ENVELOPE}}}Envelope" else None
    found = body.first(f"{{{OUTBOUND}}}notifications") if body is not None else None
    if found is None:
        raise Malformed("not an Outbound Message: no Envelope, Body and notifications")
    return found


def organization(root: soap.Element) -> str:
    """The org that an Outbound Message says it is from; empty when it says nothing."""
    return _text(notifications(root), "OrganizationId")


def outbound_message(body: bytes) -> OutboundMessage:
    """Raises Malformed."""
    element = notifications(soap.document(body))
    items = list(element.all(f"{{{OUTBOUND}}}Notification"))
    if not 1 <= len(items) <= MAX_NOTIFICATIONS:
        raise Malformed(f"{len(items)} notifications; a message holds 1 to {MAX_NOTIFICATIONS}")
    return OutboundMessage(
        organization_id=_text(element, "OrganizationId"),
        action_id=_text(element, "ActionId"),
        notifications=tuple(_notification(item) for item in items),
    )


def json_value(body: bytes) -> Any:
    """Raises Malformed."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg}") from None


def shallow(value: Any) -> None:
    """Refuse what is nested so deep that code further on would run out of stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for one in level for item in _items(one)]
        if not level:
            return
    raise Malformed(f"JSON nested deeper than {MAX_DEPTH}")


def _notification(item: soap.Element) -> Notification:
    notice = _text(item, "Id")
    if not notice:
        raise Malformed("a Notification without an Id")
    record = item.first(f"{{{OUTBOUND}}}sObject")
    if record is None or record.nil:
        return Notification(id=notice)
    fields = {child.name: _value(child) for child in record.children}
    raw_id = fields.pop("Id", None)
    if not raw_id:
        return Notification(id=notice, object=record.type.rpartition("}")[2])
    if not record.type:
        raise Malformed("an sObject without xsi:type")
    record_id = full_id(str(raw_id))
    return Notification(
        id=notice,
        object=record.type.rpartition("}")[2],
        record_id=record_id,
        fields={"Id": record_id, **fields} if fields else {},
    )


def _value(element: soap.Element) -> Any:
    """Text; null for `xsi:nil` and for nothing at all, as Salesforce keeps no empty text."""
    if element.nil:
        return None
    if element.children:
        return {child.name: _value(child) for child in element.children}
    return element.content or None


def _text(element: soap.Element, name: str) -> str:
    found = element.first(f"{{{OUTBOUND}}}{name}")
    return found.content.strip() if found is not None else ""


def _envelopes(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and isinstance(value.get("records"), list):
        shared = {key: item for key, item in value.items() if key not in {"records", "record"}}
        return [{**shared, "record": record} for record in value["records"]]
    return [value]


def event_id(value: Any) -> str:
    """The sender's id of a callout's event; empty when there is none that covers the whole body."""
    found = value.get("id") if isinstance(value, dict) and "attributes" not in value else None
    return str(found) if isinstance(found, str | int) else ""


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _first(error: ValidationError) -> str:
    """The first fault with its place and without the value, which may be personal."""
    fault = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}" if place else fault["msg"]
