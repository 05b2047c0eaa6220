"""Look-ups in maps: keys that may be asked for and are not there, and keys that nobody asks for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.rules.document import Document
from bridge.rules.document import Path as FilePath
from bridge.rules.problem import Problem, did_you_mean, nearest
from bridge.rules.review.boxes import Box, Space, constant
from bridge.rules.review.conditions import start
from bridge.rules.review.domain import Value
from bridge.rules.review.places import Places
from bridge.rules.review.situations import Situation
from bridge.rules.ruleset import Condition, Site
from bridge.rules.show import show
from bridge.rules.template import Computed, Joined, Listing, Table, Template
from bridge.rules.tree import Call, Node, children, path


@dataclass
class Asked:
    """What all rules together ask of each map: the words of the picklists it is looked up by, and
    for which field. A map that is asked for anything else as well is not in `words`."""

    words: dict[str, set[Value]] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Walk:
    """One expression on its way: where it stands, and where in the file its text begins."""

    space: Space
    document: Document
    place: FilePath
    offset: int
    asked: Asked

    def look(self, node: Node, given: tuple[Box, ...]) -> Iterator[Problem]:
        """Every look-up below a node, each with what is certain where it is made."""
        found = self.space.lookup(node)
        if found is not None:
            yield from self._keys(found[0], found[1], given)
            return
        named = self.space.table(node)
        if named is not None:
            self.asked.others.add(named)
        match node:
            case Call(function="_&&_" | "_||_" as sign, args=(one, other)):
                holds = sign == "_&&_"
                yield from self.look(one, self._with(given, other, holds=holds))
                yield from self.look(other, self._with(given, one, holds=holds))
            case Call(function="_?_:_", args=(test, yes, no)):
                yield from self.look(test, given)
                yield from self.look(yes, self._with(given, test, holds=True))
                yield from self.look(no, self._with(given, test, holds=False))
            case Call(function="@in", args=(key, held)) if self.space.table(held) is not None:
                yield from self.look(key, given)
            case _:
                for child in children(node):
                    yield from self.look(child, given)

    def _with(self, given: tuple[Box, ...], node: Node, *, holds: bool) -> tuple[Box, ...]:
        return self.space.meet(given, self.space.boxes(node, holds=holds))

    def _keys(self, table: str, key: Node, given: tuple[Box, ...]) -> Iterator[Problem]:
        known = self.space.tables[table]
        value, name = constant(key), path(key)
        if value is not None:
            self.asked.words.setdefault(table, set()).add(value)
            if value not in known:
                text = f'`maps.{table}` has no "{value}"{did_you_mean(str(value), known)}'
                yield self._problem(key, text)
            return
        words = None if name is None else self.space.whole(name).only
        if name is None or words is None:
            self.asked.others.add(table)
        else:
            self.asked.words.setdefault(table, set()).update(words)
            self.asked.by[table] = show(key)
        if name is not None:
            yield from self._missing(table, key, given)

    def _missing(self, table: str, key: Node, given: tuple[Box, ...]) -> Iterator[Problem]:
        name, known = path(key) or (), self.space.tables[table]
        sure: set[str] = set()
        perhaps: set[str] = set()
        for box in given:
            only = self.space.whole(name).meet(box.fields.get(name, self.space.whole(name))).only
            if only is None:
                yield self._any_text(table, key)
                return
            (sure if box.sure else perhaps).update(str(one) for one in only if one not in known)
        if sure or perhaps:
            text = self._lacking(table, key, sure or perhaps)
            found = self._problem(key, text)
            yield found if sure else found.warning()

    def _lacking(self, table: str, key: Node, missing: set[str]) -> str:
        words = ", ".join(f'"{one}"' for one in sorted(missing))
        name = show(key)
        return (
            f"`maps.{table}` has no {words}, and `{name}` may be that here; add it to the map, "
            f"or ask `{name} in maps.{table}` first"
        )

    def _any_text(self, table: str, key: Node) -> Problem:
        name = show(key)
        text = (
            f"`{name}` may be a word that `maps.{table}` does not have, and then nothing is done "
            f"and an error kept; ask `{name} in maps.{table}` first"
        )
        return self._problem(key, text).warning()

    def _problem(self, node: Node, text: str) -> Problem:
        return self.document.text_problem(self.place, self.offset + start(node), text)


def of_rule(one: Situation, asked: Asked) -> Iterator[Problem]:
    """Look-ups in the conditions of a rule and its steps, and in what they write."""
    yield from _conditional(one, one.rule.condition, one.asked, asked)
    for step in one.rule.steps:
        yield from _conditional(one, step.condition, one.acting, asked)
        yield from _written(one, step.site, step.args, one.step(step), asked)


def _conditional(
    one: Situation, condition: Condition | None, given: tuple[Box, ...], asked: Asked
) -> Iterator[Problem]:
    if condition is not None:
        walk = _Walk(one.space, condition.site.document, condition.site.path, 0, asked)
        yield from walk.look(condition.whole.root, given)


def _written(
    one: Situation, site: Site, template: Template, given: tuple[Box, ...], asked: Asked
) -> Iterator[Problem]:
    for place, computed in placed(template, site.path):
        walk = _Walk(one.space, site.document, place, computed.at, asked)
        yield from walk.look(computed.expression.root, given)


def placed(template: Template, path: FilePath) -> Iterator[tuple[FilePath, Computed]]:
    """Every expression of a template, and the path of the text it stands in."""
    match template:
        case Computed():
            yield path, template
        case Joined(parts=parts):
            for part in parts:
                yield from placed(part, path)
        case Listing(items=items):
            for number, item in enumerate(items):
                yield from placed(item, (*path, number))
        case Table(items=table):
            for key, item in table.items():
                yield from placed(item, (*path, key))


def of_maps(places: Places, asked: Asked, used: frozenset[str]) -> Iterator[Problem]:
    """Keys that no look-up can ask for: misspelt, most often. `used`: maps that sources read by."""
    for name, words in asked.words.items():
        site = places.map(name)
        if site is None or name in asked.others or name in used or name not in asked.by:
            continue
        for key in _keys_of(site):
            if key not in {str(word) for word in words}:
                by = asked.by[name]
                near = nearest(key, map(str, words))
                hint = f"did you mean `{near}`?" if near else "take it out"
                text = f"`maps.{name}` is never asked for `{key}`: `{by}` is never that; {hint}"
                yield site.document.key_problem((*site.path, key), text).warning()


def _keys_of(site: Site) -> tuple[str, ...]:
    table = site.document.value
    for step in site.path:
        table = table[step]
    return tuple(table)
