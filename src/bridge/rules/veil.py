"""What a step would write, as it may be shown: personal data and free text behind a veil. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.canonical.personal import HIDDEN
from bridge.rules.expression import Expression
from bridge.rules.template import (
    MISSING,
    Computed,
    Constant,
    Filling,
    Joined,
    Listing,
    Table,
    Template,
    fill,
    shown,
)

Hides = Callable[[Expression], bool]


def veiled(template: Template, filling: Filling, hides: Hides) -> Mapping[str, Any]:
    """The values of a step's fields; `(not shown)` where one comes from what is hidden.

    Only the part of a text that does. What has no value is nobody's, and is left out as it is
    when it is written. Raises Unfilled.
    """
    values: Mapping[str, Any] = shown(fill(_under(template, filling, hides), filling))
    return values


def _under(template: Template, filling: Filling, hides: Hides) -> Template:
    match template:
        case Computed(expression=expression) if hides(expression):
            there = fill(template, filling)
            return template if there is MISSING or there == "" else Constant(HIDDEN)
        case Joined(parts=parts):
            return Joined(tuple(_under(part, filling, hides) for part in parts))
        case Listing(items=items):
            return Listing(tuple(_under(item, filling, hides) for item in items))
        case Table(items=table, keep_empty=keep):
            return Table({key: _under(item, filling, hides) for key, item in table.items()}, keep)
        case _:
            return template
