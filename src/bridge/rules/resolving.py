"""Which alerts one event ends: the `resolve` of each route that is about its record. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.canonical.event import Act, Event
from bridge.ledger.facts import Facts, Linked
from bridge.rules.engine import UNREADABLE, Moment
from bridge.rules.expression import Failure
from bridge.rules.ruleset import Rule, RuleSet, Step


@dataclass(frozen=True, kw_only=True)
class Over:
    """What this step raised about the event's record is over, or `problem` says why nobody knows.

    `target`: the link it was raised for, when the rule says `each`; empty: whatever it was.
    """

    rule: Rule
    step: Step
    target: str = ""
    problem: str = ""


def resolved(event: Event, facts: Facts, rules: RuleSet) -> Iterator[Over]:
    """What the event ends. A record that is deleted ends all that lasted. Never raises."""
    if event.stale and event.act != Act.DELETED:
        return
    moment = Moment(event=event, facts=facts, rules=rules)
    for rule, step in rules.resolving.get(event.record_kind, ()):
        if event.act == Act.DELETED:
            yield Over(rule=rule, step=step)
            continue
        for linked in _far_ends(rule, facts):
            found = _judge(rule, step, moment, linked)
            if found is not None:
                yield found


def _far_ends(rule: Rule, facts: Facts) -> list[Linked | None]:
    each = rule.each
    if each is None:
        return [None]
    return [one for one in facts.linked if one.kind == each.linked]


def _judge(rule: Rule, step: Step, moment: Moment, linked: Linked | None) -> Over | None:
    assert step.route is not None
    assert step.route.resolve is not None
    target = linked.link_id if linked else ""
    try:
        binding = moment.view(rule.world, linked).binding
    except UNREADABLE as error:
        text = f"the record does not fit its kind ({type(error).__name__})"
        return Over(rule=rule, step=step, target=target, problem=text)
    value = step.route.resolve.whole.evaluate(binding)
    if isinstance(value, Failure):
        return Over(rule=rule, step=step, target=target, problem=value.text)
    return Over(rule=rule, step=step, target=target) if value is True else None
