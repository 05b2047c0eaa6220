"""Pydantic models as protobuf messages: what the expression language knows of our records.

Optional scalars become wrapper types, so that absent is never zero; a datetime becomes a
Timestamp, which has no wrapper and is why the guard check exists. A type without a protobuf form
becomes a `google.protobuf.Value`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.message import Message
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.canonical.field import DataClass, mark

PACKAGE = "bridge"
_F = descriptor_pb2.FieldDescriptorProto
_GOOGLE = ("wrappers", "timestamp", "struct")


@dataclass(frozen=True, kw_only=True)
class Field:
    """What an expression may know of one field. `type` is text, number, whole, flag, time,
    list, message, any or sure (a flag that is always there); `message` names the message type of
    a message or of a list's items."""

    type: str
    optional: bool = True
    message: str = ""
    choices: tuple[str, ...] = ()
    private: bool = False  # personal or free text: shown to nobody in a reason


class Schema:
    """Message types by name, in one descriptor pool, with what the guard check asks about them."""

    def __init__(self) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        for module in (wrappers_pb2, timestamp_pb2, struct_pb2):
            self.pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        self.fields: dict[str, Mapping[str, Field]] = {}

    def add_model(self, model: type[BaseModel]) -> str:
        """Register a model and its parts; gives the full name of its message type."""
        name = f"{PACKAGE}.{model.__name__}"
        if name in self.fields:
            return name
        self.fields[name] = {}  # a model that holds itself ends here
        fields = {label: self._field(info) for label, info in model.model_fields.items()}
        return self.add(name, fields)

    def add(self, name: str, fields: Mapping[str, Field]) -> str:
        """Register a message type from its fields."""
        self.fields[name] = fields
        package, _, short = name.rpartition(".")
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{name}.proto", package=package, syntax="proto3", dependency=_imports(fields)
        )
        message = file.message_type.add(name=short)
        for number, (label, item) in enumerate(fields.items(), start=1):
            _declare(message, label, number, item)
        self.pool.Add(file)
        return name

    def message(
        self, name: str, values: Mapping[str, Any], *, only: Collection[str] | None = None
    ) -> Message:
        """A message from JSON values; `None` and unknown names are left out, and all but `only`.

        Raises ValueError for a value that does not fit its field.
        """
        made: Message = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))()
        for label, item in self.fields[name].items():
            value = values.get(label) if only is None or label in only else None
            if value is not None:
                self._set(made, label, item=item, value=value)
        return made

    def field(self, types: Mapping[str, str], path: Sequence[str]) -> Field | None:
        """The field a dotted name leads to; `types` holds the message type of each variable."""
        if not path or path[0] not in types:
            return None
        here = Field(type="message", optional=False, message=types[path[0]])
        for step in path[1:]:
            found = self.fields.get(here.message, {}).get(step) if here.type == "message" else None
            if found is None:
                return None
            here = found
        return here

    def _field(self, info: FieldInfo) -> Field:
        private = mark(info).data_class is not DataClass.BUSINESS
        return replace(self._typed(bare(info.annotation)), private=private)

    def _typed(self, kind: Any) -> Field:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return Field(type="message", message=self.add_model(kind))
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return Field(type="text", choices=tuple(kind))
        if get_origin(kind) in (tuple, list, frozenset):
            return self._list(bare(get_args(kind)[0]))
        return Field(type=_plain(kind))

    def _list(self, item: Any) -> Field:
        if isinstance(item, type) and issubclass(item, BaseModel):
            return Field(type="list", message=self.add_model(item))
        return Field(type="list" if item is str else "any")

    def _set(self, made: Any, label: str, *, item: Field, value: Any) -> None:
        slot = getattr(made, label)
        match item.type:
            case "message":
                slot.CopyFrom(self.message(item.message, _mapping(label, value)))
                slot.SetInParent()
            case "list" if item.message:
                slot.extend(self.message(item.message, _mapping(label, part)) for part in value)
            case "list":
                slot.extend(str(part) for part in value)
            case "time":
                slot.FromDatetime(instant(value).replace(tzinfo=None))
            case "any":
                json_format.ParseDict(value, slot)
            case "sure":
                setattr(made, label, bool(value))
            case _:
                slot.value = _scalar(item.type, value)
                slot.SetInParent()


def instant(value: Any) -> datetime:
    """A datetime from a datetime or ISO text; naive ones are UTC. Raises ValueError."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise ValueError(f"not a time: {value!r}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def bare(annotation: Any) -> Any:
    """A type without `Annotated` and `| None`; several types together have no form of ours."""
    return _bare(annotation)


@cache  # asked for every value of every record; there are as many answers as models have fields
def _bare(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        return _bare(parts[0]) if len(parts) == 1 else object
    return annotation


def _plain(kind: Any) -> str:
    names = {str: "text", bool: "flag", float: "number", Decimal: "number", int: "whole"}
    return "time" if kind is datetime else names.get(kind, "any")


def _declare(message: descriptor_pb2.DescriptorProto, label: str, number: int, item: Field) -> None:
    if item.type == "sure":
        message.field.add(name=label, number=number, label=1, type=_F.TYPE_BOOL)
        return
    if item.type == "list" and not item.message:
        message.field.add(name=label, number=number, label=3, type=_F.TYPE_STRING)
        return
    repeated = _F.LABEL_REPEATED if item.type == "list" else _F.LABEL_OPTIONAL
    message.field.add(
        name=label, number=number, label=repeated, type=_F.TYPE_MESSAGE, type_name=_type_name(item)
    )


def _type_name(item: Field) -> str:
    wrapper = {
        "text": "StringValue",
        "flag": "BoolValue",
        "whole": "Int64Value",
        "number": "DoubleValue",
        "time": "Timestamp",
        "any": "Value",
    }
    return f".{item.message}" if item.message else f".google.protobuf.{wrapper[item.type]}"


def _imports(fields: Mapping[str, Field]) -> Sequence[str]:
    own = {f"{item.message}.proto" for item in fields.values() if item.message}
    return (*(f"google/protobuf/{name}.proto" for name in _GOOGLE), *sorted(own))


def _mapping(label: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{label} is no mapping: {value!r}")
    return value


def _scalar(kind: str, value: Any) -> Any:
    match kind:
        case "number":
            return float(value)
        case "whole":
            return int(value)
        case "flag":
            return bool(value)
        case _:
            return str(value)
