"""A condition as terms joined by and, or and not: what each compares, and whether it holds. Pure.

`!` is pushed down to the terms, so that a term is asked to hold or not to hold. A term of another
form (a function, arithmetic, a ternary, a loop) has no test: only CEL itself can say how it stands.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.rules.descriptors import Field, Schema, instant
from bridge.rules.guard import flat
from bridge.rules.tree import Call, Const, Ident, Items, Node, Path, Select, children, path

Values = Mapping[str, Any]  # records by variable, as JSON
NOW = "now"
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COMPARED = ("text", "number", "whole", "flag", "sure", "time")
_TYPED: Mapping[str, Callable[[Any], Any]] = {"time": instant, "number": float, "whole": int}
_CANNOT = (ValueError, TypeError, OverflowError)


@dataclass(frozen=True)
class Named:
    """A field that a term names."""

    path: Path
    field: Field


@dataclass(frozen=True)
class Fixed:
    """A value that no change of a record changes. `said`: what it is called, if not by itself."""

    value: Any
    said: str = ""


Operand = Named | Fixed


@dataclass(frozen=True)
class Has:
    """`has(field)`."""

    field: Named


@dataclass(frozen=True)
class Flag:
    """A yes-or-no field alone."""

    field: Named


@dataclass(frozen=True)
class Compare:
    """`field > something`; the field is on the left wherever there is one there."""

    op: str
    left: Named
    right: Operand


@dataclass(frozen=True)
class Among:
    """`field in [words]`."""

    field: Named
    words: tuple[Any, ...]


@dataclass(frozen=True)
class Contains:
    """`word in field`, where the field is a list."""

    field: Named
    word: Any


Test = Has | Flag | Compare | Among | Contains


@dataclass(frozen=True)
class Term:
    """One term, and whether it is to hold; `test` is `None` where its form is another."""

    node: Node
    wanted: bool
    test: Test | None


@dataclass(frozen=True)
class Every:
    parts: tuple["Formula", ...]


@dataclass(frozen=True)
class Some:
    parts: tuple["Formula", ...]


Formula = Term | Every | Some


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads formulas over the variables of one world, at one moment."""

    schema: Schema
    variables: Mapping[str, str]
    now: datetime

    def formula(self, node: Node, *, wanted: bool = True) -> Formula:
        """The formula of a condition; with `wanted` false, of its opposite."""
        match node:
            case Call(function="!_", args=(inner,)):
                return self.formula(inner, wanted=not wanted)
            case Call(function="_&&_" | "_||_" as how):
                parts = tuple(self.formula(item, wanted=wanted) for item in flat(node, how))
                return Every(parts) if (how == "_&&_") is wanted else Some(parts)
            case _:
                return Term(node, wanted, self._test(node))

    def _test(self, node: Node) -> Test | None:
        match node:
            case Select(test=True, operand=operand, field=name):
                front = path(operand)
                known = self._named((*front, name)) if front else None
                return Has(known) if known else None
            case Call(function="@in", args=(left, right)):
                return self._among(left, right)
            case Call(function=function, args=(left, right)) if function.strip("_") in _MIRRORED:
                return self._compare(function.strip("_"), left, right)
            case _:
                known = self._named(path(node))
                return Flag(known) if known and known.field.type in {"flag", "sure"} else None

    def _among(self, left: Node, right: Node) -> Test | None:
        one, other = self._operand(left), self._named(path(right))
        if isinstance(one, Fixed) and other and other.field.type == "list":
            return Contains(other, one.value) if not other.field.message else None
        words = [self._operand(item) for item in children(right)]
        if not isinstance(one, Named) or not isinstance(right, Items) or not words:
            return None
        if one.field.type not in _COMPARED or not all(isinstance(word, Fixed) for word in words):
            return None
        return Among(one, tuple(word.value for word in words if isinstance(word, Fixed)))

    def _compare(self, op: str, left: Node, right: Node) -> Test | None:
        one, other = self._operand(left), self._operand(right)
        if isinstance(one, Fixed):
            one, other, op = other, one, _MIRRORED[op]
        if not isinstance(one, Named) or other is None or one.field.type not in _COMPARED:
            return None
        if isinstance(other, Named) and other.field.type not in _COMPARED:
            return None
        return Compare(op, one, other)

    def _operand(self, node: Node) -> Operand | None:
        match node:
            case Const(value=None):
                return None
            case Const(value=value):
                return None if isinstance(value, bytes) else Fixed(value)
            case Ident(name=name) if name == NOW:
                return Fixed(self.now, "the time it was decided")
            case Call(function="-_", args=(Const(value=int() | float() as value),)):
                return Fixed(-value)
            case Call(function="timestamp", args=(Const(value=str() as text),)):
                return _instant(text)
            case _:
                return self._named(path(node))

    def _named(self, name: Path | None) -> Named | None:
        found = None if name is None else self.schema.field(self.variables, name)
        return Named(name, found) if name and len(name) > 1 and found else None


def holds(term: Term, values: Values) -> bool:
    """Whether a term with a test stands as it is wanted. Where CEL could not tell, it does not."""
    assert term.test is not None
    try:
        found = _true(term.test, values)
    except _CANNOT:
        return False
    return found is term.wanted


def fields(term: Term) -> Iterator[Named]:
    """The fields a term with a test looks at."""
    match term.test:
        case Has(field=field) | Flag(field=field) | Among(field=field) | Contains(field=field):
            yield field
        case Compare(left=left, right=right):
            yield left
            if isinstance(right, Named):
                yield right


def terms(formula: Formula) -> Iterator[Term]:
    """The terms of a formula, as they are written."""
    if isinstance(formula, Term):
        yield formula
        return
    for part in formula.parts:
        yield from terms(part)


def value(field: Named, values: Values) -> Any:
    """What stands in a field, as expressions see it; `None` for nothing. Raises ValueError."""
    here: Any = values
    for step in field.path:
        here = here.get(step) if isinstance(here, Mapping) else None
    return typed(field.field, here)


def typed(field: Field, raw: Any) -> Any:
    """A JSON value as expressions see it: times as times, a flag of `changed` as yes or no."""
    if field.type == "sure":
        return bool(raw)
    if raw is None:
        return None
    if field.type == "list":
        return tuple(raw) or None
    return _TYPED[field.type](raw) if field.type in _TYPED else raw


def _true(test: Test, values: Values) -> bool | None:
    """`None`: an error in CEL, or nothing to be relied on."""
    match test:
        case Has(field=field):
            found = value(field, values)
            return bool(found) if field.field.type == "sure" else found is not None
        case Flag(field=field):
            flag: bool | None = value(field, values)
            return flag
        case Among(field=field, words=words):
            return value(field, values) in words
        case Contains(field=field, word=word):
            return word in (value(field, values) or ())
        case Compare(op=op, left=left, right=right):
            other = right.value if isinstance(right, Fixed) else value(right, values)
            return _compared(op, value(left, values), other)


def _compared(op: str, left: Any, right: Any) -> bool | None:
    if op in {"==", "!="}:
        same: bool = left == right
        return same if op == "==" else not same
    return None if left is None or right is None else _ORDER[op](left, right)


def _instant(text: str) -> Fixed | None:
    try:
        return Fixed(instant(text))
    except ValueError:
        return None
