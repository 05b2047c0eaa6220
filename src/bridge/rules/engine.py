"""Decide what one event asks for: pure, total, the same answer for the same facts every time."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import Message

from bridge.canonical.event import Event, Origin, triggers
from bridge.canonical.personal import HIDDEN
from bridge.errors import Malformed
from bridge.ledger.facts import Facts, Linked
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.expression import Binding, Expression, Failure
from bridge.rules.filling import Occasion, Unasked, asks, occasion
from bridge.rules.reason import looked_at, why_not
from bridge.rules.ruleset import Condition, Rule, RuleSet, Site, World
from bridge.rules.template import Filling
from bridge.rules.timing import not_due
from bridge.rules.world import event_values, rollup_values

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


def decide(
    event: Event, facts: Facts, rules: RuleSet, *, reasons: bool = True
) -> tuple[Decision, ...]:
    """One decision for each rule the event's triggers concern, and each of its linked records.

    Never raises: a rule that cannot be evaluated answers `error`. Without `reasons` it is not said why
    a condition does not hold: that takes longer than to find it out, and most rules do not match.
    """
    moment = Moment(event=event, facts=facts, rules=rules, reasons=reasons)
    return tuple(
        decision
        for rule in concerned(event, facts, rules)
        for decision in decide_rule(rule, moment)
    )


def concerned(event: Event, facts: Facts, rules: RuleSet) -> tuple[Rule, ...]:
    """The rules to ask about an event, in the order of the files."""
    meant = facts.due.rule if facts.due else None  # time makes an event for one rule
    found = rules.rules_for(triggers(event))
    return tuple(rule for rule in found if meant is None or rule.id == meant)


@dataclass(frozen=True)
class View:
    """The variables of a world: as plain values, and bound."""

    values: Mapping[str, Any]
    binding: Binding


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One event with its facts; its records are turned into messages once for all rules."""

    event: Event
    facts: Facts
    rules: RuleSet
    reasons: bool = True  # say why a condition does not hold
    _messages: dict[str, Message] = field(default_factory=dict)
    _views: dict[tuple[str | None, str], "View"] = field(default_factory=dict)

    def view(self, world: World, linked: Linked | None) -> "View":
        """What the rules of a world see, for one linked record; made once. Raises as `binding`."""
        key = (world.far, linked.link_id if linked else "")
        if key not in self._views:
            values = self.values(world, linked)
            self._views[key] = View(values, self.binding(world, values))
        return self._views[key]

    def values(self, world: World, linked: Linked | None) -> dict[str, Any]:
        """The plain values of the variables of a world."""
        event = self.event
        values: dict[str, Any] = {
            world.kind: event.record,
            "before": self.facts.before or {},
            "changed": {change.field: True for change in event.changes},
            "event": event_values(event, self.facts.due),
        }
        if world.far is not None and linked is not None:
            values |= {world.far: linked.record, "rollup": rollup_values(linked.rollup)}
        return values

    def binding(self, world: World, values: Mapping[str, Any]) -> Binding:
        """The variables of a world as the expression language takes them.

        Raises ValueError and its like for a stored record that no longer fits its kind.
        """
        messages: dict[str, Any] = {
            name: self._shared(world, name, values)
            for name in (world.kind, "before", "changed", "event")
        }
        for name in (world.far, "rollup"):
            if name is not None and name in values:
                messages[name] = self._message(world, name, values)
        return world.scope.bind({**messages, "now": self.facts.now, **self.rules.tables})

    def changed(self, world: World, values: Mapping[str, Any]) -> View:
        """The variables of a world with other values than the event's. Raises as `binding`."""
        other = replace(self, _messages={}, _views={})
        return View(values, other.binding(world, values))

    def _shared(self, world: World, name: str, values: Mapping[str, Any]) -> Message:
        """Of the event's own record, whatever is linked to it."""
        if name not in self._messages:
            self._messages[name] = self._message(world, name, values)
        return self._messages[name]

    def _message(self, world: World, name: str, values: Mapping[str, Any]) -> Message:
        used = self.rules.used.get(world.kind, {}).get(name, frozenset())
        return self.rules.schema.message(world.variables[name], values[name], only=used)


def decide_rule(rule: Rule, moment: Moment) -> Iterator[Decision]:
    """What one rule says, for each linked record it is about. Never raises."""
    reason = passes_over(rule, moment.event, moment.facts)
    if reason:
        yield _decision(rule, Answer.NO_MATCH, reason)
    elif rule.each is None:
        yield _judge(rule, moment, linked=None)
    else:
        yield from _for_each(rule, moment)


def passes_over(rule: Rule, event: Event, facts: Facts) -> str:
    """Why this event is none of the rule's business, whatever its record says."""
    if event.origin not in rule.origins:
        return f"the event came by {event.origin}, the rule takes {', '.join(sorted(rule.origins))}"
    past = event.origin == Origin.BACKFILL  # who asks for that knows that the record is newer
    if event.stale and not past and event.act not in ("created", "deleted"):
        return "stale: a newer state of the record was known before this event came"
    return not_due(event, facts)


def _for_each(rule: Rule, moment: Moment) -> Iterator[Decision]:
    each = rule.form.each
    assert each is not None
    found = [
        linked
        for linked in moment.facts.linked
        if linked.kind == each.linked and (not each.roles or linked.role in each.roles)
    ]
    if not found:
        roles = f" as {' or '.join(each.roles)}" if each.roles else ""
        yield _decision(rule, Answer.NO_MATCH, f"no {each.linked} is linked{roles}")
    for linked in found:
        yield _judge(rule, moment, linked=linked)


def _judge(rule: Rule, moment: Moment, *, linked: Linked | None) -> Decision:
    target = linked.link_id if linked else ""
    try:
        view = moment.view(rule.world, linked)
    except UNREADABLE as error:
        text = f"the record does not fit its kind ({type(error).__name__})"
        return _error(rule, text, expression=rule.kind, site=rule.site, target=target)
    if rule.condition is not None:
        refusal = _refusal(rule, rule.condition, moment, view=view, target=target)
        if refusal is not None:
            return refusal
    try:
        asked = tuple(asks(rule, occasion_of(rule, moment, view, linked)))
    except Unasked as error:
        return unasked(rule, error, moment, values=view.values, target=target)
    except Malformed as error:
        return _error(rule, str(error), expression=rule.kind, site=rule.site, target=target)
    return _matched(rule, asked, target)


def occasion_of(rule: Rule, moment: Moment, view: View, linked: Linked | None) -> Occasion:
    """What a rule's steps are filled from. Raises Malformed."""
    filling = Filling(binding=view.binding, records=_records(rule, view.values), linked={})
    return occasion(moment.event, linked, filling=filling, systems=moment.rules.systems)


def _matched(rule: Rule, asked: tuple[Ask, ...], target: str) -> Decision:
    if not asked:
        return _decision(rule, Answer.NO_MATCH, "no step's own `if` holds", target=target)
    return _decision(rule, Answer.MATCHED, "matched", target=target, asks=asked)


def _records(rule: Rule, values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The JSON records by variable, where unknown and empty still differ."""
    return {name: values[name] for name in rule.world.variables if name in values}


def _refusal(
    rule: Rule, condition: Condition, moment: Moment, *, view: View, target: str
) -> Decision | None:
    """Why the rule's condition lets the event not pass, or `None`."""
    value = condition.whole.evaluate(view.binding)
    if value is True:
        return None
    if isinstance(value, Failure):
        return _error(
            rule,
            value.text,
            expression=condition.whole.text,
            site=condition.site,
            target=target,
            values=_looked_at(rule, condition.whole, moment, values=view.values),
        )
    if not moment.reasons:
        return _decision(rule, Answer.NO_MATCH, "its condition does not hold", target=target)
    schema = moment.rules.schema
    reason = why_not(condition, view.binding, world=rule.world, schema=schema, values=view.values)
    return _decision(rule, Answer.NO_MATCH, reason, target=target)


def unasked(
    rule: Rule, error: Unasked, moment: Moment, *, values: Mapping[str, Any], target: str
) -> Decision:
    """The answer of a rule whose values cannot be made; it quotes nobody's words."""
    shown: dict[str, Any] = {}
    for expression in _expressions(rule, error.expression):
        shown |= _looked_at(rule, expression, moment, values=values)
    return _error(
        rule, error.text, expression=error.expression, site=error.site, values=shown, target=target
    )


def _expressions(rule: Rule, text: str) -> Iterator[Expression]:
    """The failed expression again, compiled; an action's name is none."""
    if text not in {step.action.kind for step in rule.steps}:
        yield rule.world.scope.compile(text)


def _looked_at(
    rule: Rule, expression: Expression, moment: Moment, *, values: Mapping[str, Any]
) -> dict[str, Any]:
    return looked_at(expression, world=rule.world, schema=moment.rules.schema, values=values)


def _error(
    rule: Rule,
    text: str,
    *,
    expression: str,
    site: Site,
    target: str = "",
    values: Mapping[str, Any] | None = None,
) -> Decision:
    place = site.document.inside(site.path, 0)
    text = _discreet(text, values or {})
    detail = {
        "expression": expression,
        "file": site.document.file,
        "line": place.line,
        "column": place.column,
        "text": text,
        "values": dict(values or {}),
    }
    reason = f"cannot be evaluated: {expression}: {text}"
    return _decision(rule, Answer.ERROR, reason, detail=detail, target=target)


def _discreet(text: str, values: Mapping[str, Any]) -> str:
    """The library quotes the value it stumbled over: not where that may be somebody's own words."""
    return _QUOTED.sub('"…"', text) if HIDDEN in values.values() else text


def _decision(rule: Rule, answer: Answer, reason: str, **more: Any) -> Decision:
    observe = rule.form.mode == "observe"
    return Decision(
        rule=rule.id,
        answer=answer,
        reason=reason,
        observe=observe,
        dead_head=rule.form.dead_head,
        caps=rule.form.caps,
        **more,
    )
