"""Runs the `tests:` of the rules: each gives an event and says which actions it expects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.canonical.event import triggers
from bridge.canonical.kind import Kinds
from bridge.connectors.contract import Action
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.example import Example
from bridge.rules.given import Unusable, moment
from bridge.rules.problem import Problem, did_you_mean
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.template import shown


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """How one test went: `problem` says what differs and where the test stands, or nothing."""

    rule: str
    name: str
    problem: Problem | None

    @property
    def ok(self) -> bool:
        return self.problem is None


def run_examples(
    rules: RuleSet, *, actions: Mapping[str, type[Action[Any]]], kinds: Kinds
) -> tuple[ExampleResult, ...]:
    """Every test of every rule, each against its own rule alone."""
    return tuple(
        _run(rules, rule, number, kinds=kinds, actions=actions)
        for rule in rules.rules
        for number in range(len(rule.form.tests))
    )


def _run(
    rules: RuleSet,
    rule: Rule,
    number: int,
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
) -> ExampleResult:
    example = rule.form.tests[number]
    where = (*rule.site.path, "tests", number)
    document = rule.site.document
    try:
        event, facts = moment(rules, rule, example.given, kinds=kinds)
        _known_actions(example, actions)
    except Unusable as error:
        wrong = document.key_problem((*where, *error.path), f"test {example.name!r}: {error}")
        return ExampleResult(rule=rule.id, name=example.name, problem=wrong)
    concerned = rule.when & triggers(event)
    seen = Moment(event=event, facts=facts, rules=rules)
    decisions = tuple(decide_rule(rule, seen)) if concerned else ()
    said = "; ".join(_difference(example, decisions))
    problem = document.problem(where, f"test {example.name!r}: {said}") if said else None
    return ExampleResult(rule=rule.id, name=example.name, problem=problem)


def _known_actions(example: Example, actions: Mapping[str, type[Action[Any]]]) -> None:
    for number, expected in enumerate(example.expect):
        for name in _expected(expected):
            if name not in actions:
                text = f"no action `{name}`{did_you_mean(name, actions)}"
                raise Unusable(text, ("expect", number, name))


def _difference(example: Example, decisions: Sequence[Decision]) -> Iterator[str]:
    """What is not as expected, in words."""
    errors = [item.reason for item in decisions if item.answer is Answer.ERROR]
    if errors:
        yield from errors
        return
    asks = [ask for decision in decisions for ask in decision.asks]
    wanted = [pair for item in example.expect for pair in _expected(item).items()]
    names, wanted_names = [ask.action for ask in asks], [name for name, _ in wanted]
    if names != wanted_names:
        yield f"expected {_listed(wanted_names)}, got {_listed(names)}{_because(decisions)}"
        return
    for ask, (_, args) in zip(asks, wanted, strict=True):
        yield from _args_differ(ask, args)


def _args_differ(ask: Ask, wanted: Mapping[str, Any] | None) -> Iterator[str]:
    for where, expected, got in _compare(wanted or {}, shown(ask.args), ""):
        yield f"{ask.action}: {where}: expected {expected!r}, got {got}"


def _compare(wanted: Any, got: Any, where: str) -> Iterator[tuple[str, Any, str]]:
    """Where the wanted part is not in what was asked: path, wanted value, what is there."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for key, item in wanted.items():
            path = f"{where}.{key}" if where else str(key)
            if key in got:
                yield from _compare(item, got[key], path)
            else:
                yield path, item, "nothing"
    elif isinstance(wanted, list | tuple) and isinstance(got, list | tuple):
        if list(wanted) != list(got):
            yield where, list(wanted), repr(list(got))
    elif wanted != got or isinstance(wanted, bool) is not isinstance(got, bool):
        yield where, wanted, repr(got)


def _because(decisions: Sequence[Decision]) -> str:
    reasons = [item.reason for item in decisions if item.answer is Answer.NO_MATCH]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _expected(item: str | Mapping[str, Mapping[str, Any] | None]) -> Mapping[str, Any]:
    return {item: {}} if isinstance(item, str) else item
