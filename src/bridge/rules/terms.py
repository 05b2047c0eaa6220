"""Where an expression decides: its terms, its ternaries, the keys it looks up in maps. Pure.

A term is met from left to right: in `a && b` nobody learns anything of `b` while `a` is false.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.rules.expression import Binding, Expression, Failure, Scope
from bridge.rules.guard import flat
from bridge.rules.tree import Call, Const, Fold, Node, Select, children, path

MAPS = "maps"


@dataclass(frozen=True)
class Met:
    """A term that was met, and how it stood."""

    term: Node
    held: bool


@dataclass(frozen=True)
class LookedUp:
    """A key that was looked up in a map."""

    table: str
    key: str


def terms(node: Node, *, decides: bool) -> Iterator[Node]:
    """Every term that could stand one way or the other. `decides`: the whole is a condition."""
    match node:
        case Call(function="_&&_" | "_||_" as how):
            for item in flat(node, how):
                yield from terms(item, decides=True)
        case Call(function="!_", args=(inner,)):
            yield from terms(inner, decides=True)
        case Call(function="_?_:_", args=(test, yes, no)):
            yield from terms(test, decides=True)
            yield from terms(yes, decides=decides)
            yield from terms(no, decides=decides)
        case Fold() | Const():
            if decides and isinstance(node, Fold):
                yield node
        case _:
            if decides:
                yield node
            for item in children(node):
                yield from terms(item, decides=False)


def tables(node: Node, *, looping: bool = False) -> Iterator[tuple[str, bool]]:
    """The maps in which keys are looked up, and whether that happens in a loop: then nobody can
    tell which keys."""
    found = _lookup(node)
    if found is not None:
        yield found[0], looping
    for item in children(node):
        yield from tables(item, looping=looping or isinstance(node, Fold))


def _lookup(node: Node) -> tuple[str, Node] | None:
    """The map and the key of `maps.name[key]` or `maps.name.key`."""
    match node:
        case Call(function="_[_]", args=(table, key)):
            name = path(table)
            return (name[1], key) if name and len(name) == 2 and name[0] == MAPS else None
        case Select(field=field, test=False):
            name = path(node)
            known = name and len(name) == 3 and name[0] == MAPS
            return (name[1], Const(node.at, field)) if name and known else None
        case _:
            return None


@dataclass
class Steps:
    """Follows one expression through one evaluation; `parts` keeps what was compiled, for the next."""

    scope: Scope
    whole: Expression
    binding: Binding
    parts: dict[tuple[int, int], Expression]

    def follow(self, node: Node, *, decides: bool) -> Iterator[Met | LookedUp]:
        """What is met on the way, and in which state."""
        match node:
            case Call(function="_&&_" | "_||_" as how):
                yield from self._chain(flat(node, how), ends=how == "_||_")
            case Call(function="!_", args=(inner,)):
                yield from self.follow(inner, decides=True)
            case Call(function="_?_:_", args=(test, yes, no)):
                yield from self.follow(test, decides=True)
                yield from self.follow(yes if self.value(test) is True else no, decides=decides)
            case Fold() | Const():
                yield from self._met(node) if decides and isinstance(node, Fold) else ()
            case _:
                yield from self._met(node) if decides else ()
                yield from self._looked_up(node)
                for item in children(node):
                    yield from self.follow(item, decides=False)

    def value(self, node: Node) -> Any:
        """What a part of the expression comes to."""
        if isinstance(node, Const):
            return node.value
        key = (id(self.whole), node.id)
        if key not in self.parts:
            self.parts[key] = self.scope.part(self.whole, node)
        return self.parts[key].evaluate(self.binding)

    def _chain(self, items: tuple[Node, ...], *, ends: bool) -> Iterator[Met | LookedUp]:
        """Term after term, until one settles the whole."""
        for item in items:
            yield from self.follow(item, decides=True)
            value = self.value(item)
            if value is ends or isinstance(value, Failure):
                return

    def _met(self, node: Node) -> Iterator[Met]:
        value = self.value(node)
        if isinstance(value, bool):
            yield Met(node, value)

    def _looked_up(self, node: Node) -> Iterator[LookedUp]:
        found = _lookup(node)
        if found is not None:
            key = self.value(found[1])
            yield LookedUp(found[0], str(key))
