"""The converters that `as:` of a sync may name."""

from collections.abc import Mapping
from typing import Any

from bridge.converters.contract import Converter, NotCarried, Trip


def identity(value: Any, trip: Trip) -> Any:
    """As it is."""
    return value


def text(value: Any, trip: Trip) -> str:
    """A number, a word or a yes or no as text; a list as its items with commas."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case list() | tuple() if all(isinstance(item, str) for item in value):
            return ", ".join(value)
        case _:
            raise NotCarried("a record is no text")


CONVERTERS: Mapping[str, Converter] = {"identity": identity, "text": text}
