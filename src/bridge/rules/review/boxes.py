"""A condition as boxes: the ways it can hold, each with what it asks of every field it names.

Read are `&&`, `||`, `!`, `?:`, `has()`, and comparisons of one field with constants, with the keys of
a map, or with the values of one. Everything else is a wish of its own that may be granted or not:
the box that holds it is not `sure`.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.rules.descriptors import Schema, instant
from bridge.rules.review.domain import (
    EMPTY,
    THERE,
    Domain,
    Value,
    compared,
    none_of,
    one_of,
)
from bridge.rules.tree import Call, Const, Fold, Items, Node, Path, Select, children, path

MOST = 200  # boxes of one condition; one of more ways is not read
_ORDER = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}
_UNLESS = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Box:
    """One way a condition can hold. `sure`: nothing is asked beside these fields."""

    fields: Mapping[Path, Domain] = field(default_factory=dict)
    sure: bool = True


ANYTHING = (Box(),)
UNREAD = (Box(sure=False),)


@dataclass(frozen=True, kw_only=True)
class Space:
    """What fields there are: message types of variables, and the maps by name."""

    schema: Schema
    variables: Mapping[str, str]
    tables: Mapping[str, Mapping[str, Any]]

    def boxes(self, node: Node, *, holds: bool = True) -> tuple[Box, ...]:
        """The ways this can hold, or can fail to. None: it never does."""
        match node:
            case Const(value=bool(value)):
                return ANYTHING if value is holds else ()
            case Call(function="!_", args=(inner,)):
                return self.boxes(inner, holds=not holds)
            case Call(function="_&&_" | "_||_", args=(one, other)):
                left, right = self.boxes(one, holds=holds), self.boxes(other, holds=holds)
                together = (node.function == "_&&_") is holds
                return self.meet(left, right) if together else _limited((*left, *right))
            case Call(function="_?_:_", args=(test, yes, no)):
                then = self.meet(self.boxes(test), self.boxes(yes, holds=holds))
                otherwise = self.meet(self.boxes(test, holds=False), self.boxes(no, holds=holds))
                return _limited((*then, *otherwise))
            case _:
                return self._term(node, holds=holds)

    def meet(self, *conditions: tuple[Box, ...]) -> tuple[Box, ...]:
        """The ways all of them hold at once."""
        found: tuple[Box, ...] = ANYTHING
        for condition in conditions:
            found = _limited(
                both for one in found for other in condition if (both := self._meet(one, other))
            )
        return found

    def whole(self, name: Path) -> Domain:
        """What a field may be when nothing is known of it."""
        known = self.schema.field(self.variables, name)
        if known is None:
            return Domain()
        only: frozenset[Value] | None = frozenset(known.choices) or None
        if known.type in ("flag", "sure"):
            only = frozenset({True, False})
        return Domain(absent=known.optional, only=only)

    def _meet(self, one: Box, other: Box) -> Box | None:
        fields = dict(one.fields)
        for name, domain in other.fields.items():
            fields[name] = fields[name].meet(domain) if name in fields else domain
            if fields[name].meet(self.whole(name)).empty:
                return None
        return Box(fields, sure=one.sure and other.sure)

    def _term(self, node: Node, *, holds: bool) -> tuple[Box, ...]:
        known = _decided(node)
        if known is not None:
            return ANYTHING if known is holds else ()
        found = self._read(node, holds=holds)
        if found is None:
            wish = one_of([holds])
            return (Box({("?", repr(_shape(node))): wish}, sure=False),)
        name, domain = found
        return () if domain.meet(self.whole(name)).empty else (Box({name: domain}),)

    def _read(self, node: Node, *, holds: bool) -> tuple[Path, Domain] | None:
        """The one field a term is about and what it asks of it; `None` where it is not read."""
        match node:
            case Select(test=True, operand=operand, field=last):
                front = path(operand)
                there = THERE if holds else EMPTY
                return None if front is None else ((*front, last), there)
            case Call(function="_==_" | "_!=_", args=(left, right)):
                alike = (node.function == "_==_") is holds
                return self._equal(left, right, alike=alike)
            case Call(function="@in", args=(left, right)):
                return self._among(left, right, holds=holds)
            case Call(function=sign, args=(left, right)) if sign in _ORDER:
                return _ordered(left, right, sign=_ORDER[sign], holds=holds)
            case _:
                return self._flag(node, holds=holds)

    def _flag(self, node: Node, *, holds: bool) -> tuple[Path, Domain] | None:
        name = path(node)
        known = None if name is None else self.schema.field(self.variables, name)
        if name is None or known is None or known.type not in ("flag", "sure"):
            return None
        return name, one_of([True]) if holds else none_of([True])

    def _equal(self, left: Node, right: Node, *, alike: bool) -> tuple[Path, Domain] | None:
        for one, other in ((left, right), (right, left)):
            value = constant(other)
            if value is None:
                continue
            name = path(one)
            if name is not None:
                return name, (one_of if alike else none_of)([value])
            looked = self.lookup(one)
            key = None if looked is None else path(looked[1])
            if looked is not None and key is not None and alike:
                table = self.tables[looked[0]]
                return key, one_of(word for word, found in table.items() if found == value)
        return None

    def _among(self, left: Node, right: Node, *, holds: bool) -> tuple[Path, Domain] | None:
        name, words = path(left), self._words(right)
        if name is None or words is None:
            return None
        return name, (one_of if holds else none_of)(words)

    def _words(self, node: Node) -> list[Value] | None:
        if isinstance(node, Items):
            values = [constant(item) for item in node.items]
            return None if None in values else [value for value in values if value is not None]
        table = self.table(node)
        return None if table is None else list(self.tables[table])

    def table(self, node: Node) -> str | None:
        """The map a node names."""
        name = path(node)
        if name is None or len(name) != 2 or name[0] != "maps":
            return None
        return name[1] if name[1] in self.tables else None

    def lookup(self, node: Node) -> tuple[str, Node] | None:
        """The map and the key of `maps.name[key]`, or of `maps.name.key`."""
        match node:
            case Select(operand=held, field=word, test=False):
                table = self.table(held)
                return None if table is None else (table, Const(node.at, word))
            case Call(function="_[_]", args=(held, key)):
                table = self.table(held)
                return None if table is None else (table, key)
            case _:
                return None


def constant(node: Node) -> Value | None:
    """The value of a constant; a time as seconds. `None` for anything else, and for null."""
    match node:
        case Const(value=bool() | str() | int() | float() as value):
            return value
        case Call(function="-_", args=(Const(value=int() | float() as value),)):
            return -value
        case Call(function="timestamp", args=(Const(value=str(text)),)):
            return _seconds(text)
        case _:
            return None


def _seconds(text: str) -> float | None:
    try:
        return instant(text).timestamp()
    except ValueError:
        return None


def _decided(node: Node) -> bool | None:
    """The answer of a comparison of two constants."""
    if not isinstance(node, Call) or node.function not in _COMPARE or len(node.args) != 2:
        return None
    left, right = (constant(item) for item in node.args)
    if left is None or right is None:
        return None
    answer: bool = _COMPARE[node.function](left, right)  # of one type: the compiler saw to that
    return answer


def _ordered(left: Node, right: Node, *, sign: str, holds: bool) -> tuple[Path, Domain] | None:
    for one, other, turned in ((left, right, sign), (right, left, _TURNED[sign])):
        name, number = path(one), constant(other)
        if name is not None and isinstance(number, int | float) and not isinstance(number, bool):
            if holds:
                return name, compared(turned, number)
            there = compared(_UNLESS[turned], number)
            return name, Domain(**{**vars(there), "absent": True})
    return None


def _limited(boxes: Iterable[Box]) -> tuple[Box, ...]:
    found = tuple(dict.fromkeys(_frozen(boxes)))
    made = tuple(Box(dict(fields), sure) for fields, sure in found)
    return made if len(made) <= MOST else UNREAD


def _frozen(boxes: Iterable[Box]) -> Iterator[tuple[tuple[tuple[Path, Domain], ...], bool]]:
    for box in boxes:
        yield tuple(sorted(box.fields.items(), key=operator.itemgetter(0))), box.sure


def _shape(node: Node) -> tuple[Any, ...]:
    """What a node says, wherever it stands."""
    said = {key: value for key, value in vars(node).items() if key not in _PARTS}
    variable = node.variable if isinstance(node, Fold) else ""
    inner = tuple(_shape(child) for child in children(node))
    return (type(node).__name__, variable, *sorted(map(str, said.items())), inner)


_PARTS = frozenset(
    {"at", "id", "operand", "args", "items", "over", "start", "step", "rest", "variable"}
)
