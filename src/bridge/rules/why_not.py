"""Why a condition did not hold, and the fewest changes under which it would, each proved by CEL.

`&&` and `||` of comparisons, `in`, `has()`, yes-or-no fields and `!` are solved. A condition that
fails by another form (a function, arithmetic, a ternary, a loop) shows its failing term, and says
that it cannot be solved.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product
from typing import Any

from bridge.canonical.personal import HIDDEN
from bridge.rules.descriptors import Schema
from bridge.rules.expression import Binding
from bridge.rules.formula import Every, Formula, Has, Reader, Some, Term, Values, fields, terms
from bridge.rules.guard import flat
from bridge.rules.ruleset import Condition, World
from bridge.rules.solving import Solution, Solver, changed_values
from bridge.rules.template import plain
from bridge.rules.tree import Path
from bridge.rules.words import Speaker

MOST = 3  # proposals that are shown
PROVED = 40  # combinations of one proposal that are evaluated, until one holds
CANNOT = "what would have to change cannot be told: {} is more than a comparison"


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A part of the condition that did not hold. `term` is CEL, `fields` what stood in what it names."""

    term: str
    words: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field as it is and as it would have to be. `options`: values that would do, where they can
    be shown; where there are many, examples."""

    field: str
    now: str
    words: str
    options: tuple[Any, ...]

    @property
    def is_flag(self) -> bool:
        return self.field.startswith("changed.")


@dataclass(frozen=True, kw_only=True)
class Fix:
    """Changes under which the condition holds: CEL said so of the changed event."""

    changes: tuple[Change, ...]
    changed: Values = field(repr=False)  # the values with them

    @property
    def words(self) -> str:
        """A field that is given another value changes: that is not said twice."""
        named = {change.field.rpartition(".")[2] for change in self.changes if not change.is_flag}
        said = [
            change.words
            for change in self.changes
            if not (change.is_flag and change.field.rpartition(".")[2] in named)
        ]
        *front, last = said
        return f"{', '.join(front)}, and {last}" if front else last


@dataclass(frozen=True, kw_only=True)
class WhyNot:
    """What failed, first the first; and the fixes, fewest changes first. `unsolved` says why none."""

    failed: tuple[Failed, ...]
    fixes: tuple[Fix, ...] = ()
    unsolved: str = ""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One condition that was evaluated for one record, and how to evaluate it for another."""

    condition: Condition
    world: World
    schema: Schema
    values: Values
    reader: Reader
    bind: Callable[[Values], Binding]  # raises ValueError for values that fit no record
    revealed: bool = False
    _stood: dict[int, bool] = field(default_factory=dict)

    @cached_property
    def binding(self) -> Binding:
        return self.bind(self.values)

    @cached_property
    def speaker(self) -> Speaker:
        return Speaker(
            world=self.world,
            schema=self.schema,
            values=self.values,
            revealed=self.revealed,
            texts=_texts(self.condition),
        )

    def stands(self, term: Term) -> bool:
        """Whether a term is as it is wanted now, by CEL itself."""
        key = term.node.id
        if key not in self._stood:
            part = self.world.scope.part(self.condition.whole, term.node)
            self._stood[key] = part.evaluate(self.binding) is term.wanted
        return self._stood[key]

    def proves(self, values: Values) -> bool:
        """Whether the condition holds for these values."""
        try:
            return self.condition.whole.evaluate(self.bind(values)) is True
        except (ValueError, TypeError, OverflowError):
            return False


def why_not(sight: Sight) -> WhyNot:
    """Of a condition that was evaluated and is false."""
    whole = sight.reader.formula(sight.condition.whole.root)
    solver = Solver(formula=whole, values=sight.values, now=sight.reader.now, stands=sight.stands)
    narrow = _narrowed(whole, solver)
    failing = narrow.parts if isinstance(narrow, Every) else (narrow,)
    failed = tuple(_failed(part, sight) for part in failing)
    fixes = tuple(islice(_proved(solver.solutions(), sight), MOST))
    return WhyNot(
        failed=failed, fixes=fixes, unsolved="" if fixes else _unsolved(failing, sight.speaker)
    )


def _texts(condition: Condition) -> dict[int, str]:
    """By node: the terms as they stand in the file. Those inside others are not known."""
    nodes = flat(condition.whole.root, "_&&_")
    said = condition.terms or (condition.whole,)
    pairs = zip(nodes, said, strict=False) if len(nodes) == len(said) else ()
    return {node.id: " ".join(one.text.split()) for node, one in pairs}


def _narrowed(part: Formula, solver: Solver) -> Formula:
    """Of a part that fails only what fails in it; of `||` the way with the fewest failing terms first."""
    match part:
        case Every(parts=parts):
            inner = _telling([_narrowed(one, solver) for one in parts if not _true(one, solver)])
            return inner[0] if len(inner) == 1 else Every(inner)
        case Some(parts=parts):
            few = sorted(parts, key=lambda one: len(solver.failing(solver.branches(one)[0])))
            return Some(tuple(_narrowed(one, solver) for one in few))
        case Term():
            return part


def _telling(parts: Sequence[Formula]) -> tuple[Formula, ...]:
    """Without `has()` of a field of which another failing term says more."""
    own = [part for part in parts if isinstance(part, Term) and not isinstance(part.test, Has)]
    said = {path for term in own for path in _paths(term)}
    return tuple(
        part
        for part in parts
        if not (isinstance(part, Term) and isinstance(part.test, Has) and _paths(part) <= said)
    )


def _true(part: Formula, sight: Solver) -> bool:
    match part:
        case Every(parts=parts):
            return all(_true(one, sight) for one in parts)
        case Some(parts=parts):
            return any(_true(one, sight) for one in parts)
        case Term():
            return sight.stands(part)


def _failed(part: Formula, sight: Sight) -> Failed:
    return Failed(
        term=_written(part, sight.speaker),
        words=sight.speaker.failed(part),
        fields=sight.speaker.actuals(terms(part)),
    )


def _written(part: Formula, speaker: Speaker) -> str:
    """The part as CEL again."""
    match part:
        case Term():
            return speaker.written(part)
        case Every(parts=parts):
            return " && ".join(_in_brackets(one, speaker) for one in parts)
        case Some(parts=parts):
            return " || ".join(_in_brackets(one, speaker) for one in parts)


def _in_brackets(part: Formula, speaker: Speaker) -> str:
    said = _written(part, speaker)
    return said if isinstance(part, Term) else f"({said})"


def _unsolved(failing: Sequence[Formula], speaker: Speaker) -> str:
    other = [one for part in failing for one in terms(part) if one.test is None]
    if other:
        return CANNOT.format(speaker.written(other[0]))
    return "no change of its fields was found under which it would hold"


def _proved(solutions: list[Solution], sight: Sight) -> Iterator[Fix]:
    """Those of the proposals that hold, with the values that do."""
    for one in solutions:
        for some in islice(product(*one.options.values()), PROVED):
            first = dict(zip(one.options, some, strict=True))
            changed = changed_values(sight.values, first)
            if sight.proves(changed):
                yield _fix(one, first, changed, sight=sight)
                break


def _fix(solution: Solution, first: Mapping[Path, Any], changed: Values, *, sight: Sight) -> Fix:
    return Fix(
        changes=tuple(_change(solution, path, first, sight=sight) for path in first),
        changed=changed,
    )


def _change(solution: Solution, path: Path, first: Mapping[Path, Any], *, sight: Sight) -> Change:
    options = tuple(
        one
        for one in solution.options[path]
        if one == first[path] or sight.proves(changed_values(sight.values, {**first, path: one}))
    )
    speaker = sight.speaker
    own = [term for term in solution.terms if term.test]
    named = next(one for term in own for one in fields(term) if one.path == path)
    beside = {one.path for term in own for one in fields(term) if path in _paths(term)}
    veiled = any(speaker.hides(other) for other in beside - {path})
    return Change(
        field=".".join(path),
        now=speaker.actual(named),
        words=replace(speaker, beside=first.keys()).change(path, options, own),
        options=(HIDDEN,) if veiled else tuple(plain(one) for one in options),
    )


def _paths(term: Term) -> set[Path]:
    return {one.path for one in fields(term)}
