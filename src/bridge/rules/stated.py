"""Records and times as a test states them, in the form that events and records hold them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.canonical.kind import Kind
from bridge.rules.descriptors import bare, instant
from bridge.rules.document import Path
from bridge.rules.problem import did_you_mean
from bridge.rules.reading import coerce


class Unusable(Exception):
    """A test that cannot be run as it is written; `path` is the wrong part of it."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


def time_of(text: str, place: Path) -> datetime:
    try:
        return instant(text)
    except ValueError:
        raise Unusable(f"not a time: {text!r}", place) from None


def record_of(kind: Kind, values: Any, *, place: Path) -> dict[str, Any]:
    """The fields that a test states of a record of this kind."""
    if not isinstance(values, Mapping):
        raise Unusable(f"{kind.name} is a mapping of its fields", place)
    fields = kind.model.model_fields
    return {
        name: _value(fields, name, values[name], place=(*place, name), kind=kind.name)
        for name in values
    }


def _value(fields: Mapping[str, Any], name: str, value: Any, *, place: Path, kind: str) -> Any:
    if name not in fields:
        raise Unusable(f"{kind} has no field `{name}`{did_you_mean(name, fields)}", place)
    inner = getattr(bare(fields[name].annotation), "model_fields", None)
    if inner is not None and isinstance(value, Mapping):
        return {
            key: _value(inner, key, item, place=(*place, key), kind=name)
            for key, item in value.items()
        }
    try:
        return coerce(value, fields[name].annotation)
    except ValueError as error:
        raise Unusable(f"{name}: {error}", place) from None
