"""Text that every database takes: PostgreSQL refuses what SQLite stores without a word."""

from collections.abc import Mapping, Sequence
from typing import Any

NUL = "\\u0000"  # as JSON writes it, and PostgreSQL refuses it
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Replace NUL and lone surrogates, which PostgreSQL's `text` and `jsonb` refuse."""
    if text.isascii() and "\x00" not in text:
        return text
    clean = text.replace("\x00", REPLACEMENT)
    return clean.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(clean) else clean


def storable_json(value: Any) -> Any:
    """The same for each string, key and item of a JSON value."""
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {storable(str(key)): storable_json(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes):
            return [storable_json(item) for item in value]
        case _:
            return value


def cut(text: str, limit: int, marker: str = "…") -> str:
    """At most `limit` characters, the last of them a marker when something was cut."""
    return text if len(text) <= limit else text[: max(0, limit - len(marker))] + marker


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
