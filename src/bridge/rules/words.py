"""Terms and fields in words, for people who know the business and no expression language. Pure."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from bridge.canonical.personal import HIDDEN
from bridge.canonical.text import cut
from bridge.rules.descriptors import Field, Schema
from bridge.rules.formula import (
    Among,
    Compare,
    Contains,
    Every,
    Fixed,
    Flag,
    Formula,
    Has,
    Named,
    Some,
    Term,
    Test,
    Values,
    fields,
    value,
)
from bridge.rules.reason import MOST, is_private
from bridge.rules.ruleset import World
from bridge.rules.show import show
from bridge.rules.spoken import happening, listed, spoken
from bridge.rules.tree import Node, Path, names

NOTHING = "nothing"
KIND = ("event", "kind")
LONGEST_TERM = 200  # characters
FEW = 3  # alternatives that one sentence names
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SAID = {
    "==": "",
    "!=": "anything but",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}
_OF_TIMES = {"<": "before", "<=": "not after", ">": "after", ">=": "not before"}
_ROLLUP = {
    "status": "the least advanced status of all linked work",
    "due": "the latest due date of all linked work",
    "done": "the number of linked pieces of work that are done",
    "total": "the number of linked pieces of work",
}
_EVENT = {
    "kind": "what happened",
    "origin": "the way the event came",
    "actor_kind": "who made the change",
    "actor_id": "who made the change",
    "actor_name": "who made the change",
    "department": "the department of who made the change",
}


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Speaks of one record as one rule sees it. Personal data and free text only if `revealed`."""

    world: World
    schema: Schema
    values: Values
    revealed: bool = False
    texts: Mapping[int, str] = field(default_factory=dict)  # by the id of a node: as it is written
    beside: Container[Path] = ()  # fields that change as well, so that their value says nothing

    def name(self, path: Path) -> str:
        """`severity`, `customer name`, `severity before`, `status of the linked work item`."""
        first, *rest = path
        plain = " ".join(step.replace("_", " ") for step in rest)
        match first:
            case "rollup":
                return _ROLLUP.get(rest[0], plain)
            case "event":
                return _EVENT.get(rest[0], f"{plain} of the event")
            case "before":
                return f"{plain} before"
            case _ if first == self.world.far:
                return f"{plain} of the linked {first.replace('_', ' ')}"
            case _:
                return plain

    def hides(self, path: Path) -> bool:
        return not self.revealed and is_private(self.schema, self.world, path)

    def actual(self, named: Named) -> str:
        """What stands in a field: `low`, `nothing`, `(not shown)`."""
        if named.field.type == "message":
            return "there"
        found = value(named, self.values)
        if found is None:
            return NOTHING
        if named.path == KIND:
            return happening(found)
        return HIDDEN if self.hides(named.path) else spoken(found, named.field)

    def failed(self, formula: Formula) -> str:
        """Why a formula does not hold: `severity is low; the rule needs critical or high`."""
        match formula:
            case Term(test=None):
                return self.unsolved(formula)
            case Term():
                return self._failed_term(formula)
            case Every(parts=parts):
                return "; and ".join(self.failed(part) for part in parts)
            case Some(parts=parts):
                return self._failed_some(parts)

    def _failed_some(self, parts: Sequence[Formula]) -> str:
        flags = [part for part in parts if _is_change(part)]
        others = [part for part in parts if not _is_change(part)]
        about = _about_one(others)
        said = [self._unchanged(flags)] if flags else []
        if about is not None:
            needs = listed([self._need(term, about) for term in others if is_solved(term)], "or")
            said.append(f"{self._stands(about)}; the rule needs {needs}")
        else:
            said += [self.failed(part) for part in others[:FEW]]
        more = f"; or {len(others) - FEW} other ways" if about is None and others[FEW:] else ""
        if len(said) == 1:
            return said[0]
        return f"none of these holds: {'; or: '.join(said)}{more}"

    def _unchanged(self, flags: Sequence[Term]) -> str:
        names = listed([self.name(next(fields(flag)).path) for flag in flags], "or")
        asked = "it" if len(flags) == 1 else "one of them"
        return f"{names} did not change; the rule needs {asked} to change"

    def unsolved(self, term: Term) -> str:
        """A term of another form, as the rule writes it, with what stands in the fields it names."""
        found = [self._stands(one) for one in self.named(term.node)]
        return f"this does not hold: {self.written(term)}" + (
            f" ({', '.join(found)})" if found else ""
        )

    def written(self, term: Term) -> str:
        """The term as CEL: as it stands in the file where that is known."""
        said = self.texts.get(term.node.id) or show(term.node)
        return cut(said, LONGEST_TERM) if term.wanted else f"!({cut(said, LONGEST_TERM)})"

    def named(self, node: Node) -> list[Named]:
        """The fields that a term of any form looks at; whole records are none."""
        found = ((name, self.schema.field(self.world.variables, name)) for name in names(node))
        known = {name: Named(name, one) for name, one in found if one and one.type != "message"}
        return list(known.values())[:MOST]

    def actuals(self, parts: Iterable[Term]) -> dict[str, str]:
        """By field as the rule writes it: what stands there, in words."""
        known = {one.path: one for term in parts for one in self.named(term.node)}
        return {".".join(path): self.actual(one) for path, one in known.items()}

    def _stands(self, named: Named) -> str:
        actual = self.actual(named)
        return f"{self.name(named.path)} {'has no value' if actual == NOTHING else 'is ' + actual}"

    def _failed_term(self, term: Term) -> str:
        named = next(fields(term))
        name = self.name(named.path)
        if named.path[0] == "changed":
            if term.wanted:
                return f"{name} did not change; the rule needs it to change"
            return f"{name} changed; the rule needs it unchanged"
        need = "one" if isinstance(term.test, Has) and term.wanted else self._need(term, named)
        return f"{self._stands(named)}; the rule needs {need}"

    def _need(self, term: Term, named: Named) -> str:
        """What one term asks of a field."""
        said = self._asked(term, named)
        return happening(said) if named.path == KIND else said

    def _asked(self, term: Term, named: Named) -> str:
        match term.test:
            case Has() | Flag() as test:
                yes, no = ("a value", "it empty") if isinstance(test, Has) else ("yes", "no")
                return yes if term.wanted else no
            case Among(words=words):
                said = listed([spoken(word, named.field) for word in words], "or")
                return said if term.wanted else f"anything but {said}"
            case Contains(word=word):
                return f"{spoken(word)} in it" if term.wanted else f"it without {spoken(word)}"
            case Compare() as test:
                return self._compared(test, term, named)
            case _:
                return "something else"

    def _compared(self, test: Compare, term: Term, named: Named) -> str:
        op = test.op if term.wanted else _OPPOSITE[test.op]
        if named.path == test.left.path:
            return self._relation(op, test.right, named.field)
        return self._relation(_MIRRORED.get(op, op), test.left, named.field)

    def _relation(self, op: str, other: Named | Fixed, field: Field) -> str:
        words = {**_SAID, **(_OF_TIMES if field.type == "time" else {})}[op]
        if isinstance(other, Fixed):
            said = f"{other.said} ({spoken(other.value)})" if other.said else ""
            return f"{words} {said or spoken(other.value, field)}".strip()
        same = "the same as " if op in {"==", "!="} else ""
        return f"{words} {same}{self._other(other)}".strip()

    def _other(self, named: Named) -> str:
        actual = self.actual(named)
        plain = actual == NOTHING or named.path in self.beside
        return self.name(named.path) + ("" if plain else f" ({actual})")

    def change(self, path: Path, options: Sequence[Any], terms: Iterable[Term]) -> str:
        """What a field must be for all these terms: `severity is critical or high`.

        What two fields that change must be to each other is said of one of them.
        """
        known = [term for term in terms if term.test]
        own = [term for term in known if path in _paths(term)]
        named = next(one for term in own for one in fields(term) if one.path == path)
        name = self.name(path)
        if path[0] == "changed":
            return f"{name} changes" if True in options else f"{name} does not change"
        if set(options) == {None}:
            return f"{name} is empty"
        if _is_finite(named, own):
            said = ["empty" if one is None else spoken(one, named.field) for one in options]
            return f"{name} is {listed(said, 'or')}"
        if any(isinstance(term.test, Contains) for term in own):
            return listed([self._contained(term, name) for term in own], "and")
        needs = [
            self._need(term, named)
            for term in own
            if not isinstance(term.test, Has) and not self._is_said(term.test, path, known)
        ]
        return f"{name} is {listed(needs, 'and')}" if needs else f"{name} has a value"

    def _is_said(self, test: Test | None, path: Path, terms: Iterable[Term]) -> bool:
        """Whether the field on the left says it, which changes as well, and not to certain values."""
        if not isinstance(test, Compare) or test.left.path == path:
            return False
        own = [term for term in terms if test.left.path in _paths(term)]
        return test.left.path in self.beside and not _is_finite(test.left, own)

    def _contained(self, term: Term, name: str) -> str:
        if not isinstance(term.test, Contains):
            return f"{name} has a value" if term.wanted else f"{name} is empty"
        return f"{spoken(term.test.word)} is {'' if term.wanted else 'not '}in {name}"


def is_solved(part: Formula) -> TypeGuard[Term]:
    return isinstance(part, Term) and part.test is not None


def _paths(term: Term) -> set[Path]:
    return {one.path for one in fields(term)}


def _is_finite(named: Named, terms: Iterable[Term]) -> bool:
    """Whether the values that would do can be told one by one."""
    if named.field.choices or named.field.type == "flag":
        return True
    for term in terms:
        match term.test:
            case Among() if term.wanted:
                return True
            case Compare(op=op, right=Fixed()) if (op == "==") is term.wanted and op in {
                "==",
                "!=",
            }:
                return True
    return False


def _is_change(part: Formula) -> TypeGuard[Term]:
    """`changed.field`, wanted."""
    flag = isinstance(part, Term) and part.wanted and isinstance(part.test, Flag) and part.test
    return isinstance(flag, Flag) and flag.field.path[0] == "changed"


def _about_one(parts: Sequence[Formula]) -> Named | None:
    """The one field that all of these look at first, flags of `changed` apart."""
    about = [next(fields(part)) for part in parts if is_solved(part)]
    one = {named.path for named in about}
    return about[0] if len(about) == len(parts) and len(one) == 1 else None
