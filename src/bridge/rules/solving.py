"""The smallest changes of a record under which a condition would hold. Pure.

A condition is taken apart into branches: each chooses one part of every `||`, and then asks that
all its terms hold. The terms of a branch that share a field are solved together, by trying the
values that matter: those the condition names, those around them, and what other fields show. What
comes out is a proposal, no more: the caller evaluates the condition before it believes it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations, islice, pairwise, product
from typing import Any

from bridge.rules.descriptors import Field
from bridge.rules.formula import (
    Among,
    Compare,
    Contains,
    Every,
    Fixed,
    Formula,
    Named,
    Some,
    Term,
    Values,
    fields,
    holds,
    terms,
    value,
)
from bridge.rules.template import plain
from bridge.rules.tree import Path

BRANCHES = 200  # ways through the `||` of a condition that are looked at
TRIES = 20_000  # combinations of values that are tried for one condition
OTHER = "another value"  # stands for any text that the condition does not name
_LAST = {"changed": 1, "rollup": 2, "before": 3, "event": 4}
Options = Mapping[Path, tuple[Any, ...]]  # by field: values that would do, the plainest first


@dataclass(frozen=True)
class Solution:
    """Fields to change, and of each the values that would do; `terms` are those of its branch."""

    options: Options
    terms: tuple[Term, ...]

    @property
    def paths(self) -> frozenset[Path]:
        return frozenset(self.options)


@dataclass
class Effort:
    """How much may still be tried."""

    left: int = TRIES

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, kw_only=True)
class Solver:
    """Solves one condition for one record. `stands` says of a term whether it is as wanted now."""

    formula: Formula
    values: Values
    now: datetime
    stands: Callable[[Term], bool]
    effort: Effort = field(default_factory=Effort)

    @cached_property
    def places(self) -> Mapping[Path, tuple[int, int]]:
        """The order of fields: as they are named, but what people cannot simply set comes last."""
        named = dict.fromkeys(one.path for term in terms(self.formula) for one in fields(term))
        return {path: (_LAST.get(path[0], 0), place) for place, path in enumerate(named)}

    def solutions(self) -> list[Solution]:
        """Fewest changes first. None asks for a change that another does without."""
        found = [
            solution
            for branch in self.branches(self.formula)
            if not any(term.test is None and not self.stands(term) for term in branch)
            for solution in self._of(branch)
        ]
        found.sort(key=lambda one: (len(one.options), [self.places[path] for path in one.options]))
        kept: list[Solution] = []
        for one in found:
            if not any(other.paths <= one.paths for other in kept):
                kept.append(one)
        return kept

    def branches(self, formula: Formula) -> list[tuple[Term, ...]]:
        """The ways to make a formula true, those with the fewest failing terms first."""
        match formula:
            case Term():
                return [(formula,)]
            case Some(parts=parts):
                return self._few(branch for part in parts for branch in self.branches(part))
            case Every(parts=parts):
                found: list[tuple[Term, ...]] = [()]
                for part in parts:
                    pairs = product(found, self.branches(part))
                    found = self._few(one + other for one, other in pairs)
                return found

    def failing(self, branch: Iterable[Term]) -> list[Term]:
        return [term for term in branch if not self.stands(term)]

    def _few(self, branches: Iterable[tuple[Term, ...]]) -> list[tuple[Term, ...]]:
        return sorted(branches, key=lambda one: len(self.failing(one)))[:BRANCHES]

    def _of(self, branch: tuple[Term, ...]) -> Iterator[Solution]:
        """Every smallest set of changes that makes all terms of a branch hold."""
        solved = [term for term in branch if term.test is not None]
        parts = [self._smallest(group) for group in _together(solved)]
        for chosen in islice(product(*parts), BRANCHES):
            options = {path: some for part in chosen for path, some in part.items()}
            ordered = {path: options[path] for path in self.places if path in options}
            yield Solution(ordered, branch)

    def _smallest(self, terms: Sequence[Term]) -> list[Options]:
        """The smallest sets of fields that solve terms which share fields; nothing to change is one."""
        named = {one.path: one for term in terms for one in fields(term)}
        paths = sorted(named, key=lambda path: self.places[path])
        tries = {path: self._candidates(named[path], terms) for path in paths}
        for size in range(len(paths) + 1):
            sets = (self._assigned(chosen, terms, tries) for chosen in combinations(paths, size))
            found = [options for options in sets if options is not None]
            if found or self.effort.left < 0:
                return found
        return []

    def _assigned(
        self, chosen: Sequence[Path], terms: Sequence[Term], tries: Mapping[Path, Sequence[Any]]
    ) -> Options | None:
        """Values of these fields under which all terms hold, or `None`."""
        for some in product(*(tries[path] for path in chosen)):
            if not self.effort.spend():
                return None
            if self._hold(dict(zip(chosen, some, strict=True)), terms):
                return self._widened(dict(zip(chosen, some, strict=True)), terms, tries)
        return None

    def _widened(
        self, first: Mapping[Path, Any], terms: Sequence[Term], tries: Mapping[Path, Sequence[Any]]
    ) -> Options:
        """For each field the other values that would do as well, the others staying as found."""
        return {
            path: tuple(one for one in tries[path] if self._hold({**first, path: one}, terms))
            for path in first
        }

    def _hold(self, some: Mapping[Path, Any], terms: Sequence[Term]) -> bool:
        changed = changed_values(self.values, some)
        return all(holds(term, changed) for term in terms)

    def _candidates(self, named: Named, terms: Sequence[Term]) -> list[Any]:
        """Values that matter to these terms, but the present one: what they name comes first."""
        kind, now = named.field, value(named, self.values)
        pool = _lists(named, terms, now) if kind.type == "list" else self._pool(kind, terms)
        found = [one for one in pool if one != now]
        return [*dict.fromkeys(found), *([None] if kind.optional and now is not None else [])]

    def _pool(self, kind: Field, terms: Sequence[Term]) -> list[Any]:
        if kind.type in {"flag", "sure"}:
            return [True, False]
        if kind.type == "message":
            return [{}]
        said = [one for one in dict.fromkeys(_said(terms, self.values)) if _fits(kind, one)]
        many = len({one.path for term in terms for one in fields(term)})
        if kind.choices:
            return [*(one for one in said if one in kind.choices), *map(str, kind.choices)]
        start = self.now if kind.type == "time" else 0
        if kind.type == "text":
            return [*said, OTHER, *(f"{OTHER} ({number})" for number in range(2, many + 1))]
        return [*said, *_around(kind, said or [start], many)]


def changed_values(values: Values, some: Mapping[Path, Any]) -> Values:
    """The values with these fields as given, in JSON."""
    for path, one in some.items():
        values = _put(values, path, plain(list(one) if isinstance(one, tuple) else one))
    return values


def _put(values: Values, path: Path, one: Any) -> Values:
    first, *rest = path
    inner = values.get(first)
    below = _put(inner if isinstance(inner, Mapping) else {}, tuple(rest), one) if rest else one
    return {**values, first: below}


def _together(terms: Sequence[Term]) -> list[list[Term]]:
    """Terms in groups that share no field; a record and a field of it are one."""
    groups: list[tuple[set[Path], list[Term]]] = []
    for term in terms:
        own = {front for one in fields(term) for front in _fronts(one.path)}
        apart = [group for group in groups if not group[0] & own]
        near = [group for group in groups if group[0] & own]
        paths = own.union(*(group[0] for group in near))
        groups = [*apart, (paths, [*(one for group in near for one in group[1]), term])]
    return [group for _, group in groups]


def _fronts(path: Path) -> Iterator[Path]:
    """`customer.name` is of the same group as `customer`; two fields of the event's record are not."""
    yield from (path[:end] for end in range(2, len(path) + 1))


def _said(terms: Sequence[Term], values: Values) -> Iterator[Any]:
    """What the terms compare with: words of the condition, then what other fields show."""
    for term in terms:
        match term.test:
            case Among(words=words):
                yield from words
            case Compare(right=Fixed(value=word)):
                yield word
    for term in terms:
        if isinstance(term.test, Compare) and isinstance(term.test.right, Named):
            yield from (one for field in fields(term) if (one := value(field, values)) is not None)


def _fits(kind: Field, one: Any) -> bool:
    match kind.type:
        case "text":
            return isinstance(one, str)
        case "time":
            return isinstance(one, datetime)
        case _:
            return isinstance(one, int | float) and not isinstance(one, bool)


def _around(kind: Field, said: Sequence[Any], many: int) -> Iterator[Any]:
    """Where it is said, between, and beyond it on both sides: for so many fields to differ."""
    points = sorted(said)
    step: Any = timedelta(days=1) if kind.type == "time" else 1
    yield from points
    for one, other in pairwise(points):
        for number in range(1, many + 1):
            between = one + (other - one) * number / (many + 1)
            yield int(between) if kind.type == "whole" else between
    for number in range(1, max(many, 2) + 1):
        yield from (points[-1] + number * step, points[0] - number * step)


def _lists(named: Named, terms: Sequence[Term], now: Any) -> list[Any]:
    """The list with what must be in it and without what must not."""
    own = [term for term in terms if any(one.path == named.path for one in fields(term))]
    words = [(term.test.word, term.wanted) for term in own if isinstance(term.test, Contains)]
    put = [word for word, wanted in words if wanted]
    gone = {word for word, wanted in words if not wanted}
    kept = [one for one in now or () if one not in gone]
    return [one for one in (tuple(dict.fromkeys((*kept, *put))), (*kept, OTHER)) if one]
