"""The constants that an argument of a step may be, as far as the file says, and where each stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.rules.review.boxes import Space, constant
from bridge.rules.ruleset import Step
from bridge.rules.template import Computed, Constant, Table, Template
from bridge.rules.tree import Call, Node

Place = tuple[str, ...]


@dataclass(frozen=True)
class Possible:
    """One constant: `map` and `key` say which value of which map it is, if it is one."""

    value: Any
    map: str = ""
    key: str = ""


def possible(step: Step, space: Space) -> Mapping[Place, tuple[Possible, ...]]:
    """By argument and, below the one that holds vendor fields, by field; () where it is computed."""
    found: dict[Place, tuple[Possible, ...]] = {}
    items = step.args.items if isinstance(step.args, Table) else {}
    for name, item in items.items():
        if name == step.action.fields_from and isinstance(item, Table):
            for inner, value in item.items.items():
                found[name, inner] = tuple(_of(value, space))
        else:
            found[name,] = tuple(_of(item, space))
    return found


def _of(template: Template, space: Space) -> Iterator[Possible]:
    match template:
        case Constant(value=value) if value is not None:
            yield Possible(value)
        case Computed(expression=expression):
            yield from _given(expression.root, space)


def _given(node: Node, space: Space) -> Iterator[Possible]:
    """What an expression may come to: a constant, a value of a map, either branch of a choice."""
    match node:
        case Call(function="_?_:_", args=(_, yes, no)):
            yield from _given(yes, space)
            yield from _given(no, space)
            return
    found = space.lookup(node)
    if found is not None:
        for key, value in space.tables[found[0]].items():
            yield Possible(value, map=found[0], key=str(key))
    elif (value := constant(node)) is not None:
        yield Possible(value)
