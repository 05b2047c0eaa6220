"""Objects and their fields, as an org's describe call would tell them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bridge.connectors.salesforce.simulator.rejection import Rejection, no_column, no_resource

Row = Mapping[str, Any]


class Type(StrEnum):
    """Field types by the names that describe uses."""

    ID = "id"
    STRING = "string"
    TEXTAREA = "textarea"
    PICKLIST = "picklist"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    DOUBLE = "double"
    CURRENCY = "currency"
    REFERENCE = "reference"
    URL = "url"
    EMAIL = "email"
    PHONE = "phone"


TEXTS = frozenset({Type.STRING, Type.TEXTAREA, Type.PICKLIST, Type.URL, Type.EMAIL, Type.PHONE})
NUMBERS = frozenset({Type.DOUBLE, Type.CURRENCY})
LONG_TEXT_FROM = 256  # longer text areas cannot be filtered or sorted by


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `bytes_limit` counts bytes where `length` counts characters."""

    name: str
    type: Type = Type.STRING
    length: int = 0
    bytes_limit: int = 0
    html: bool = False  # a text area that is a rich one
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    default: Any = None
    required: bool = False
    external_id: bool = False
    id_lookup: bool = False
    unique: bool = False
    case_sensitive: bool = False
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    createable: bool = True
    updateable: bool = True
    auto_number: bool = False
    calculated: bool = False

    @property
    def filterable(self) -> bool:
        return not (self.type is Type.TEXTAREA and self.length >= LONG_TEXT_FROM)

    @property
    def finds(self) -> bool:
        """May stand in an upsert's path."""
        return self.external_id or self.id_lookup

    def key(self, text: str) -> str:
        """What two values of a unique or external-id field are compared by."""
        return text if self.case_sensitive else text.casefold()


def _unchanged(row: Row) -> Row:
    return row


SYSTEM_FIELDS = (
    Field(name="Id", type=Type.ID, length=18, createable=False, updateable=False),
    Field(name="IsDeleted", type=Type.BOOLEAN, createable=False, updateable=False),
    Field(name="CreatedDate", type=Type.DATETIME, createable=False, updateable=False),
    Field(
        name="CreatedById", type=Type.REFERENCE, reference_to=("User",), length=18,
        relationship="CreatedBy", createable=False, updateable=False,
    ),
    Field(name="LastModifiedDate", type=Type.DATETIME, createable=False, updateable=False),
    Field(
        name="LastModifiedById", type=Type.REFERENCE, reference_to=("User",), length=18,
        relationship="LastModifiedBy", createable=False, updateable=False,
    ),
    Field(name="SystemModstamp", type=Type.DATETIME, createable=False, updateable=False),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ObjectType:
    """One object. `derive` computes formula-like fields from a row before it is kept."""

    name: str
    prefix: str
    fields: tuple[Field, ...]
    label: str = ""
    name_field: str = "Name"
    createable: bool = True
    derive: Callable[[Row], Row] = _unchanged
    _by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    _by_relationship: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {each.name.lower(): each for each in self}
        parents = {each.relationship.lower(): each for each in self if each.relationship}
        object.__setattr__(self, "_by_name", MappingProxyType(names))
        object.__setattr__(self, "_by_relationship", MappingProxyType(parents))

    def __iter__(self) -> Iterator[Field]:
        yield from SYSTEM_FIELDS
        yield from self.fields

    def find(self, name: str) -> Field | None:
        """API names are not case-sensitive."""
        return self._by_name.get(name.lower())

    def field_named(self, name: str) -> Field:
        found = self.find(name)
        if found is None:
            raise no_column(name, self.name)
        return found

    def parent(self, relationship: str) -> Field | None:
        """The reference field behind a relationship name: `Account` gives `AccountId`."""
        return self._by_relationship.get(relationship.lower())

    def without(self, name: str) -> "ObjectType":
        """The same object without a field."""
        kept = tuple(each for each in self.fields if each.name.lower() != name.lower())
        return replace(self, fields=kept)

    def with_fields(self, more: Iterable[Field]) -> "ObjectType":
        """The same object with further fields; one of the same name is replaced."""
        added = {each.name.lower(): each for each in more}
        kept = tuple(each for each in self.fields if each.name.lower() not in added)
        return ObjectType(
            name=self.name, prefix=self.prefix, fields=(*kept, *added.values()), label=self.label,
            name_field=self.name_field, createable=self.createable, derive=self.derive,
        )  # fmt: skip


class Schema:
    """All objects of the org; an admin may change one while it is in use."""

    def __init__(self, objects: Iterable[ObjectType]) -> None:
        self._objects = {each.name.lower(): each for each in objects}

    def __iter__(self) -> Iterator[ObjectType]:
        return iter(self._objects.values())

    def find(self, name: str) -> ObjectType | None:
        return self._objects.get(name.lower())

    def put(self, kind: ObjectType) -> None:
        """From now on the object is like this; its rows stay as they are."""
        self._objects[kind.name.lower()] = kind

    def object_named(self, name: str) -> ObjectType:
        """For a path: an unknown object is 404."""
        found = self.find(name)
        if found is None:
            raise no_resource()
        return found

    def supported(self, name: str) -> ObjectType:
        """For a query or a collection: an unknown object is 400."""
        found = self.find(name)
        if found is None:
            text = f"sObject type '{name}' is not supported."
            raise Rejection("INVALID_TYPE", text)
        return found

    def of_id(self, record_id: str) -> ObjectType | None:
        """The object whose prefix an id carries."""
        return next((each for each in self if each.prefix == record_id[:3]), None)
