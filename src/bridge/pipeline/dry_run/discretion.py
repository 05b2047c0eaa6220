"""What of a delivery may stand in a report that others read: nothing personal, no free text."""

from collections.abc import Iterator
from typing import Any

from bridge.canonical.text import cut
from bridge.pipeline.dry_run.report import FieldChange
from bridge.rules.compare import Owed, Pair
from bridge.rules.reason import HIDDEN, LONGEST, is_private
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.template import MISSING, Table, Template, expressions, shown, text
from bridge.rules.tree import Path

MOST = 12  # fields of one example
ARGS = "args."


def told(pair: Pair, then: RuleSet, now: RuleSet) -> tuple[FieldChange, ...]:
    """The fields of a changed delivery as texts; `then` and `now` are the sets that asked for it."""
    if pair.then is None or pair.now is None:
        return ()
    hidden_then, hidden_now = hidden(pair.then, then), hidden(pair.now, now)
    return tuple(
        FieldChange(
            name=one.name,
            then=_text(one.then, hide=hidden_then is None or one.name in hidden_then),
            now=_text(one.now, hide=hidden_now is None or one.name in hidden_now),
        )
        for one in pair.fields[:MOST]
    )


def hidden(one: Owed, rules: RuleSet) -> frozenset[str] | None:
    """Arguments of a delivery that are made of private fields. `None`: nobody knows, so all may be."""
    for rule in rules.rules:
        for step in rule.steps if rule.id == one.decision.rule else ():
            if step.id == one.ask.step:
                return frozenset(_private(step.args, rule, rules))
    return None


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
    return HIDDEN if hide else cut(text(shown(value)), LONGEST) or "(empty)"


def _leaves(template: Template, front: str) -> Iterator[tuple[str, Template]]:
    """By the path that the argument has in a delivery."""
    if not isinstance(template, Table):
        yield front, template
        return
    for name, item in template.items.items():
        yield from _leaves(item, f"{front}.{name}" if front else name)
