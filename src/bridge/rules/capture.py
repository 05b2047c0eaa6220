"""A stored event as a test of a rule: what was known then is given, what the rule says is expected. Pure.

People and free text are replaced before anything is written, and the test is run: what it asks for
must be what the rule asks for about the real event, but for the words that were replaced.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.canonical.event import Event, Origin, triggers
from bridge.canonical.kind import Kind, Kinds
from bridge.canonical.timed import TIMED
from bridge.ledger.facts import Facts, Linked
from bridge.ledger.rolling import Rollup
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.disguise import Disguise
from bridge.rules.engine import Moment, decide_rule
from bridge.rules.example import EventForm, Example, Given
from bridge.rules.given import home, moments
from bridge.rules.ruleset import Rule, RuleSet
from bridge.rules.template import plain, shown

_SAID = ("actor_kind", "department", "customer", "project", "version", "occurred_at", "recorded_at")


class Uncaptured(Exception):
    """No test can be made of this event, in words for people."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a capture is wanted. `keep`: fields whose real words stay, where the outcome rests on them.
    `brief`: only the fields that the rule looks at."""

    name: str = ""
    keep: Collection[str] = ()
    brief: bool = False


@dataclass(frozen=True, kw_only=True)
class Captured:
    """A test, as it is written into the mapping. `replaced`: the fields in which words were.

    `differs`: what the test asks for otherwise than the rule did of the real event; then `because`
    names the fields that do it, as far as one alone does.
    """

    rule: str
    test: Mapping[str, Any]
    replaced: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def capture(
    event: Event, facts: Facts, rule: Rule, rules: RuleSet, *, kinds: Kinds, wish: Wish
) -> Captured:
    """The event as a test of this rule. Raises Uncaptured where the rule cannot be evaluated on it."""
    real = _decided(rule, rules, event, facts)
    errors = [one.reason for one in real if one.answer is Answer.ERROR]
    if errors:
        raise Uncaptured(f"{errors[0]}; mend the rule first")
    made = _Capture(event, facts, rule, rules, kinds=kinds, wish=wish)
    found = made.captured(real)
    if not found.differs:
        return found
    guilty = (name for name in found.replaced if made.keeping(name).captured(real).differs == ())
    return replace(found, because=tuple(guilty))


def _decided(rule: Rule, rules: RuleSet, event: Event, facts: Facts) -> tuple[Decision, ...]:
    moment = Moment(event=event, facts=facts, rules=rules)
    return tuple(decide_rule(rule, moment)) if rule.when & triggers(event) else ()


class _Capture:
    """One event, one rule, one way to disguise it."""

    def __init__(
        self, event: Event, facts: Facts, rule: Rule, rules: RuleSet, *, kinds: Kinds, wish: Wish
    ) -> None:
        self.event, self.facts, self.rule, self.rules = event, facts, rule, rules
        self.kinds, self.wish = kinds, wish
        self.disguise = Disguise(keep=wish.keep)

    def keeping(self, name: str) -> "_Capture":
        """The same, with the real words of one field more."""
        wish = replace(self.wish, keep=(*self.wish.keep, name))
        return _Capture(self.event, self.facts, self.rule, self.rules, kinds=self.kinds, wish=wish)

    def captured(self, real: Sequence[Decision]) -> Captured:
        given = dict(self._given())
        form = Given.model_validate(given)
        ((event, facts),) = moments(self.rules, self.rule, form, kinds=self.kinds)
        decisions = _decided(self.rule, self.rules, event, facts)
        expect = [_expected(self.rule, ask) for one in decisions for ask in one.asks]
        test = {
            "name": self.wish.name or f"as it was in {self.event.id}",
            "given": given,
            "expect": expect,
        }
        Example.model_validate(test)
        differs = tuple(_differs(real, decisions, self.rule, self.disguise))
        return Captured(
            rule=self.rule.id,
            test=test,
            replaced=tuple(sorted(self.disguise.fields)),
            differs=differs,
        )

    def _given(self) -> Iterator[tuple[str, Any]]:
        event, facts, kind = self.event, self.facts, self.kinds[self.rule.kind]
        yield "event", self._event()
        if event.origin is not Origin.WEBHOOK and event.kind not in TIMED:
            yield "origin", event.origin.value
        record = self._record(kind, event.record, self.rule.kind)
        before = None if facts.before is None else self._record(kind, facts.before, "before")
        if before is not None:
            yield "before", before
        yield self.rule.kind, record
        changed = [
            one.field for one in event.changes if not _is_told(one.field, event, record, before)
        ]
        if changed:
            yield "changed", changed
        far = self.rule.each.linked if self.rule.each else None
        linked = [dict(self._linked(one)) for one in facts.linked if one.kind == far]
        if linked:
            yield "linked", linked
        if event.kind in TIMED and facts.due is not None:
            yield "since", plain(facts.due.since)
        if event.kind in TIMED or "now" in self._named:
            yield "now", plain(facts.now)

    def _event(self) -> str | dict[str, Any]:
        """The event's kind alone, if the rule looks at nothing else of it."""
        event, looked = self.event, self._fields("event")
        said: dict[str, Any] = {"kind": event.kind}
        if {"subject", "connection"} & looked or event.connection != home(
            self.rules, self.rule.kind
        ):
            said["subject"] = str(event.subject)
        values = {**_values(event), "actor_kind": event.actor.kind.value if event.actor else None}
        said |= {
            name: values[name] for name in _SAID if name in looked and values[name] is not None
        }
        if event.actor and {"actor_id", "actor_name", "actor_kind"} & looked:
            actor = self.disguise.person({"id": event.actor.id, "name": event.actor.name}, "actor")
            said |= {f"actor_{name}": value for name, value in actor.items() if value is not None}
        if event.stale:
            said["stale"] = True
        EventForm.model_validate(said)
        return event.kind if len(said) == 1 else said

    def _linked(self, linked: Linked) -> Iterator[tuple[str, Any]]:
        kind = self.kinds[linked.kind]
        yield linked.kind, self._record(kind, linked.record, linked.kind)
        yield "role", linked.role
        if linked.relation != "originates":
            yield "relation", linked.relation
        yield "ref", linked.ref
        if linked.connection and linked.connection != home(self.rules, linked.kind):
            yield "connection", linked.connection
        yield from ((n, v) for n, v in (("key", linked.key), ("url", linked.url)) if v)
        if linked.rollup != Rollup():
            board = {name: plain(value) for name, value in vars(linked.rollup).items()}
            yield "rollup", {name: value for name, value in board.items() if value is not None}

    def _record(self, kind: Kind, data: Mapping[str, Any], name: str) -> dict[str, Any]:
        """A record of somebody else: what has a value, and what the rule looks at."""
        looked = self._fields(name) | (self._fields(self.rule.kind) if name == "before" else set())
        moved = {one.field for one in self.event.changes} if kind.name == self.rule.kind else set()
        kept = {
            field: value
            for field, value in data.items()
            if field in looked | moved or (value is not None and not self.wish.brief)
        }
        return self.disguise.record(kind.model, kept)

    @property
    def _named(self) -> set[str]:
        return {name[0] for one in self.rule.expressions() for name in one.names}

    def _fields(self, variable: str) -> set[str]:
        names = (name for one in self.rule.expressions() for name in one.names)
        return {name[1] for name in names if name[0] == variable and len(name) > 1}


def _values(event: Event) -> dict[str, Any]:
    """What `event` of a test can say, by its names, as JSON."""
    return {name: plain(getattr(event, name, None)) for name in _SAID}


def _is_told(
    field: str, event: Event, record: Mapping[str, Any], before: Mapping[str, Any] | None
) -> bool:
    """Whether what is given shows by itself that the field has changed."""
    if before is None and not event.kind.endswith(".created"):
        return False
    return field in record and record[field] != (before or {}).get(field)


def _expected(rule: Rule, ask: Ask) -> dict[str, Any]:
    """An action as a test expects it; not whom Bridge addresses by itself."""
    args = shown(ask.args)
    target = next((step.target for step in rule.steps if step.id == ask.step), None)
    return {ask.action: {name: value for name, value in args.items() if name != target}}


def _differs(
    real: Sequence[Decision], test: Sequence[Decision], rule: Rule, disguise: Disguise
) -> Iterator[str]:
    """What the test asks for that the rule did not, or the other way round."""
    wanted = [(one.step, _expected(rule, one)) for decision in real for one in decision.asks]
    got = [(one.step, _expected(rule, one)) for decision in test for one in decision.asks]
    if [step for step, _ in wanted] != [step for step, _ in got]:
        yield f"the rule asked for {_listed(wanted)}, the test asks for {_listed(got)}"
        return
    for (step, one), (_, other) in zip(wanted, got, strict=True):
        (args,), (found,) = one.values(), other.values()
        for name in sorted(args.keys() | found.keys()):
            if args.get(name) not in (found.get(name), disguise.undone(found.get(name))):
                yield f"{step}: {name} is another value"
    said, now = _refusals(real), disguise.undone(_refusals(test))
    if said not in (now, _refusals(test)):
        yield f"the rule said no since {' and '.join(said)}, the test since {' and '.join(now)}"


def _refusals(decisions: Sequence[Decision]) -> list[str]:
    return [one.reason for one in decisions if one.answer is Answer.NO_MATCH]


def _listed(asked: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(step for step, _ in asked) or "nothing"
