"""What of a delivery may stand in a report that others read: nothing personal, no free text."""

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

from bridge.canonical.personal import HIDDEN
from bridge.canonical.text import cut
from bridge.pipeline.dry_run.report import FieldChange
from bridge.rules.compare import Field, Owed, Pair, flat
from bridge.rules.reason import LONGEST, is_private
from bridge.rules.ruleset import Rule, RuleSet, Step
from bridge.rules.template import MISSING, Table, Template, expressions, shown, text
from bridge.rules.tree import Path

MOST = 12  # fields of one example
ARGS = "args."


def told(pair: Pair, then: RuleSet, now: RuleSet) -> tuple[FieldChange, ...]:
    """What changes in a delivery as texts, or all of one that is added or removed.

    `then` and `now` are the sets that asked for it.
    """
    fields = pair.fields or tuple(_all(pair))
    before, after = _shown(pair.then, then), _shown(pair.now, now)
    return tuple(
        FieldChange(name=one.name, then=before(one.name, one.then), now=after(one.name, one.now))
        for one in fields[:MOST]
    )


def _all(pair: Pair) -> Iterator[Field]:
    """The arguments of a delivery that is on one side alone."""
    if pair.now is not None and pair.then is None:
        for name, value in flat(pair.now.ask.args).items():
            yield Field(name=f"{ARGS}{name}", then=MISSING, now=value)
    if pair.then is not None and pair.now is None:
        for name, value in flat(pair.then.ask.args).items():
            yield Field(name=f"{ARGS}{name}", then=value, now=MISSING)


def _shown(one: Owed | None, rules: RuleSet) -> Callable[[str, Any], str | None]:
    """How values of this side are told; none are where there is no delivery."""
    if one is None:
        return lambda *_: None
    private = hidden(one, rules)
    return lambda name, value: _text(value, hide=private is None or name in private)


def hidden(one: Owed, rules: RuleSet) -> frozenset[str] | None:
    """Arguments of a delivery that are made of private fields. `None`: nobody knows, so all may be."""
    found = _step(rules, one.decision.rule, one.ask.step)
    return None if found is None else frozenset(_private(found[1].args, found[0], rules))


def tellable(rules: RuleSet, rule: str, step: str) -> frozenset[str]:
    """Arguments that a step has and that are made of nothing private, by their paths."""
    found = _step(rules, rule, step)
    if found is None:
        return frozenset()
    args = found[1].args
    return frozenset(f"{ARGS}{path}" for path, _ in _leaves(args, "")).difference(
        _private(args, found[0], rules)
    )


def _step(rules: RuleSet, rule: str, step: str) -> tuple[Rule, Step] | None:
    return next(
        (
            (one, own)
            for one in rules.rules
            if one.id == rule
            for own in one.steps
            if own.id == step
        ),
        None,
    )


def _private(args: Template, rule: Rule, rules: RuleSet) -> Iterator[str]:
    for path, template in _leaves(args, ""):
        names = {name for expression in expressions(template) for name in expression.names}
        if any(_tells(name, rule, rules) for name in names):
            yield f"{ARGS}{path}"


def _tells(name: Path, rule: Rule, rules: RuleSet) -> bool:
    """Whether what is made of this name may tell what is private. A record as a whole may."""
    field = rules.schema.field(rule.world.variables, name)
    whole = field is not None and field.type == "message"
    return whole or is_private(rules.schema, rule.world, name)


def _text(value: Any, *, hide: bool) -> str:
    if value is MISSING:
        return "(not set)"
    if value is None:
        return "(empty)"
    if is_dataclass(value):  # how alerts are grouped: by words of the record
        return HIDDEN
    return HIDDEN if hide else cut(text(shown(value)), LONGEST) or "(empty)"


def _leaves(template: Template, front: str) -> Iterator[tuple[str, Template]]:
    """By the path that the argument has in a delivery."""
    if not isinstance(template, Table):
        yield front, template
        return
    for name, item in template.items.items():
        yield from _leaves(item, f"{front}.{name}" if front else name)
