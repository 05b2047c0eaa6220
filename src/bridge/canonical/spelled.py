"""A value of a record as people read it. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import orjson

_MOMENT = range(20, 33)  # characters


def spelled(value: Any) -> str:
    """A day without its midnight, a person by name, an amount with its currency; nothing as nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return _moment(value) or value
        case Mapping():
            return _named(value)
        case list() | tuple():
            return ", ".join(spelled(item) for item in value)
        case _:
            return str(value)


def _named(value: Mapping[str, Any]) -> str:
    if "amount" in value:
        return f"{value['amount']} {value.get('currency') or ''}".rstrip()
    name = value.get("name") or value.get("id")
    return str(name) if name else orjson.dumps(value, default=str).decode()


def _moment(text: str) -> str | None:
    """A time as records hold it, in UTC; other texts that look like a date stay as they are."""
    if len(text) not in _MOMENT or text[10] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%M} UTC"
