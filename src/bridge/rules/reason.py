"""Why a rule said no, in words: the first condition that did not hold, with what it looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.canonical.personal import HIDDEN
from bridge.canonical.text import cut
from bridge.rules.descriptors import Schema
from bridge.rules.expression import Binding, Expression
from bridge.rules.ruleset import Condition, World
from bridge.rules.template import plain, text
from bridge.rules.tree import Path

MOST = 6  # values a reason shows
LONGEST = 60  # characters of one of them


def why_not(
    condition: Condition,
    binding: Binding,
    *,
    world: World,
    schema: Schema,
    values: Mapping[str, Any],
) -> str:
    """`feedback.severity is low`; a condition of one term, or one that cannot be split, is whole."""
    for term in condition.terms or (condition.whole,):
        if term.evaluate(binding) is False:
            return _sentence(term, looked_at(term, world=world, schema=schema, values=values))
    found = looked_at(condition.whole, world=world, schema=schema, values=values)
    return _sentence(condition.whole, found)


def looked_at(
    expression: Expression, *, world: World, schema: Schema, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of the fields an expression names. Personal data and free text are not shown."""
    found: dict[str, Any] = {}
    for name in expression.names:
        field = schema.field(world.variables, name)
        if field is None or field.type == "message" or len(found) >= MOST:
            continue
        value = _value(values, name)
        hidden = value is not None and is_private(schema, world, name)
        found[".".join(name)] = HIDDEN if hidden else plain(value)
    return found


def _sentence(term: Expression, found: Mapping[str, Any]) -> str:
    if not found:
        return f"{cut(term.text, 200)} is false"
    said = ", ".join(f"{name} {_is(value)}" for name, value in found.items())
    return said if len(found) == 1 else f"{cut(term.text, 200)} is false: {said}"


def _is(value: Any) -> str:
    return "has no value" if value is None else f"is {cut(text(value), LONGEST) or 'empty'}"


def is_private(schema: Schema, world: World, name: Path) -> bool:
    """Whether a field, or what it is part of, holds personal data or free text."""
    ends = (name[:end] for end in range(2, len(name) + 1))
    fields = (schema.field(world.variables, front) for front in ends)
    return any(field is not None and field.private for field in fields)


def _value(values: Mapping[str, Any], name: Sequence[str]) -> Any:
    here: Any = values
    for step in name:
        here = here.get(step) if isinstance(here, Mapping) else None
    return here
