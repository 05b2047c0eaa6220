"""Runs the `tests:` of the mappings. That of a rule gives an event and says which actions it expects."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.canonical.event import triggers
from bridge.canonical.kind import Kinds
from bridge.connectors.action import Action
from bridge.rules.decision import Answer, Decision
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.example import Example
from bridge.rules.expectation import differences, sentence
from bridge.rules.given import moments
from bridge.rules.problem import did_you_mean
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.stated import Unusable
from bridge.rules.sync_examples import sync_trials
from bridge.rules.trial import ExampleResult, SyncTrial, Tested, Trial, results


def run_examples(
    rules: RuleSet, *, actions: Mapping[str, type[Action[Any]]], kinds: Kinds
) -> tuple[ExampleResult, ...]:
    """Every test of every rule and sync, each against its own alone."""
    return results(trials(rules, actions=actions, kinds=kinds))


def trials(
    rules: RuleSet,
    *,
    actions: Mapping[str, type[Action[Any]]],
    kinds: Kinds,
    name: str = "",
) -> Iterator[Trial | SyncTrial]:
    """Tests, those of a rule each run once for each way its event may have come: all, or those with a
    text in their name."""
    for rule in rules.rules:
        for number, test in enumerate(rule.form.tests):
            if name.lower() in test.name.lower():
                yield from _tried(rules, rule, number, kinds=kinds, actions=actions)
    yield from sync_trials(rules, kinds=kinds, name=name)


def _tried(
    rules: RuleSet,
    rule: Rule,
    number: int,
    *,
    kinds: Kinds,
    actions: Mapping[str, type[Action[Any]]],
) -> Iterator[Trial]:
    example = rule.form.tests[number]
    test = Tested(rule=rule.id, site=rule.site, number=number, name=example.name)
    try:
        cases = tuple(moments(rules, rule, example.given, kinds=kinds))
        _known_actions(example, actions)
    except Unusable as error:
        yield Trial(rule=rule, number=number, result=test.unusable(error))
        return
    for event, facts in cases:
        seen = Moment(event=event, facts=facts, rules=rules)
        decisions = tuple(decide_rule(rule, seen)) if rule.when & triggers(event) else ()
        case = f"{event.kind} by {event.origin}" if len(cases) > 1 else ""
        result = _judged(test, example, decisions, case=case)
        yield Trial(rule=rule, number=number, result=result, moment=seen, decisions=decisions)


def _judged(
    test: Tested, example: Example, decisions: tuple[Decision, ...], *, case: str
) -> ExampleResult:
    errors = tuple(item.reason for item in decisions if item.answer is Answer.ERROR)
    found = () if errors else differences(example.expect, decisions)
    said = " and ".join(errors) or (sentence(example.expect, decisions, found) if found else "")
    why = tuple(one.reason for one in decisions if one.answer is Answer.NO_MATCH)
    return test.result(said, case=case, differences=found, why=errors or why)


def _known_actions(example: Example, actions: Mapping[str, type[Action[Any]]]) -> None:
    for number, expected in enumerate(example.expect):
        action, here = actions.get(expected.action), ("expect", number, expected.action)
        if action is None:
            text = f"no action `{expected.action}`{did_you_mean(expected.action, actions)}"
            raise Unusable(text, here)
        for name in [one for one in expected.args if one not in action.model_fields]:
            text = f"{expected.action} has no `{name}`{did_you_mean(name, action.model_fields)}"
            raise Unusable(text, (*here, name))
