"""Vendor values as canonical values: paths into a snapshot, and what each type of field makes of it."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, partial
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from bridge.canonical.text import cut
from bridge.rules.descriptors import bare, instant


class Unknown:
    """The snapshot does not say. Different from `None`, which is empty."""


UNKNOWN = Unknown()
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_MAPPING = (dict, Mapping)  # most are plain, and an abstract class takes long to ask
_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")


def at(fields: Mapping[str, Any], path: str) -> Any:
    """The value at a path: a flat name first, then dotted; over a list, the values of its items.

    `UNKNOWN` where the path does not exist, `None` where it or something above it is null.
    """
    if path in fields:
        return fields[path]
    return _deep(fields, path.split("."))


def _deep(value: Any, steps: Sequence[str]) -> Any:
    for place, step in enumerate(steps):
        if isinstance(value, _MAPPING):
            if step not in value:
                return UNKNOWN
            value = value[step]
        elif value is None:
            return None
        elif isinstance(value, Sequence) and not isinstance(value, str):
            items = [_deep(item, steps[place:]) for item in value]
            return [item for item in items if item is not None and not isinstance(item, Unknown)]
        else:
            return UNKNOWN
    return value


def coerce(value: Any, annotation: Any) -> Any:
    """A vendor's value as the JSON form of a field's type. Raises ValueError that says what came.

    Times become ISO text in UTC, a plain date midnight UTC of that day; decimals text.
    """
    return None if value is None else _reader(annotation)(value)


@cache  # asked for every value of every record; there are as many answers as models have fields
def _reader(annotation: Any) -> Callable[[Any], Any]:
    """What reads a value of this type."""
    kind = bare(annotation)
    if get_origin(kind) in (tuple, list, frozenset):
        return partial(_texts, item=get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return partial(_part, kind=kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return partial(_choice, words=tuple(kind))
    reader: Callable[[Any], Any] = _PLAIN.get(kind, _as_is)
    return reader


def _texts(value: Any, item: Any) -> list[Any]:
    """Labels, versions, components; a text with semicolons is a Salesforce multi-picklist."""
    if isinstance(value, str):
        value = [part for part in value.split(";") if part]
    if not isinstance(value, Sequence):
        raise ValueError(f"no list: {_shown(value)}")
    items = (coerce(part, item) for part in value)
    return [part for part in items if part is not None]


def _part(value: Any, kind: type[BaseModel]) -> dict[str, Any]:
    """A nested record; a bare number is an amount of money, a bare text a name or an id."""
    fields = kind.model_fields
    if isinstance(value, _MAPPING):
        known = {key: item for key, item in value.items() if key in fields}
        return {key: coerce(item, fields[key].annotation) for key, item in known.items()}
    first = next((name for name in ("amount", "name", "id") if name in fields), None)
    if first is None:
        raise ValueError(f"no record: {_shown(value)}")
    return {first: coerce(value, fields[first].annotation)}


def _choice(value: Any, words: tuple[str, ...]) -> str:
    text = str(value)
    found = text if text in words else text.strip().lower().replace(" ", "_").replace("-", "_")
    if found not in words:
        raise ValueError(f"{_shown(value)} is none of {', '.join(words)}; a `map` can say which")
    return found


def _text(value: Any) -> str | None:
    """Of a list the last item: Jira lists an issue's sprints oldest first."""
    match value:
        case list() | tuple():
            return _text(value[-1]) if value else None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case {"name": str(name)}:
            return name
        case {"value": str(word)}:
            return word
        case _:
            raise ValueError(f"no text: {_shown(value)}")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"no number: {_shown(value)}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"no number: {_shown(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"no number: {_shown(value)}")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError(f"no whole number: {_shown(value)}")
    return int(number)


def _decimal(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError(f"no amount: {_shown(value)}")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"no amount: {_shown(value)}") from None
    if not number.is_finite():
        raise ValueError(f"no amount: {_shown(value)}")
    return str(number)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"no yes or no: {_shown(value)}")
    return word in _YES


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return _iso(value)
    if not isinstance(value, str):
        raise ValueError(f"no time: {_shown(value)}")
    try:
        return _iso(instant(_OFFSET.sub(r"\1:\2", value) if "T" in value else value))
    except (ValueError, OverflowError):
        raise ValueError(f"no time: {_shown(value)}") from None


def _iso(value: datetime) -> str:
    return instant(value).isoformat().replace("+00:00", "Z")


def _as_is(value: Any) -> Any:
    return value


def _shown(value: Any) -> str:
    return cut(repr(value), 80)


_PLAIN: Mapping[Any, Any] = {
    str: _text,
    float: _number,
    int: _whole,
    Decimal: _decimal,
    bool: _flag,
    datetime: _time,
}
