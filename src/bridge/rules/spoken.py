"""Values, kinds of events and lists as people say them. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.canonical.text import cut
from bridge.rules.descriptors import Field, instant
from bridge.rules.reason import LONGEST
from bridge.rules.template import text


def spoken(found: Any, kind: Field | None = None) -> str:
    """A value: dates without a time that says nothing, yes or no, a word of ours without `_`."""
    if kind is not None and kind.type == "time" and not isinstance(found, datetime):
        found = instant(found)
    if isinstance(found, datetime):
        stamp = f"{found:%Y-%m-%d %H:%M} UTC"
        return stamp.removesuffix(" 00:00 UTC")
    if isinstance(found, bool):
        return "yes" if found else "no"
    said = cut(text(list(found) if isinstance(found, tuple) else found), LONGEST)
    return said.replace("_", " ") if kind is not None and kind.choices else said or "empty"


def happening(kind: str) -> str:
    """The kind of an event in words: `work item updated`."""
    return kind.replace(".", " ").replace("_", " ")


def listed(words: Sequence[str], last: str) -> str:
    """`a, b or c`."""
    *front, end = words
    return f"{', '.join(front)} {last} {end}" if front else end
