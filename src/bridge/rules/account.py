"""An account of one event under one rule set: what each rule said, why, and what it would write. Pure.

It decides again, by the very code that decides: nothing is stored, nothing is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.canonical.event import Event, triggers
from bridge.errors import Malformed
from bridge.ledger.facts import Facts, Linked
from bridge.rules.decision import Answer, Ask, Decision
from bridge.rules.engine import Moment, View, decide_rule, occasion_of, passes_over, unasked
from bridge.rules.expression import Expression
from bridge.rules.filling import Occasion, Unasked, asks
from bridge.rules.formula import Reader
from bridge.rules.reason import is_private
from bridge.rules.ruleset import Condition, Rule, RuleSet, Step
from bridge.rules.spoken import happening
from bridge.rules.template import shown
from bridge.rules.veil import veiled
from bridge.rules.why_not import Sight, WhyNot, why_not


@dataclass(frozen=True, kw_only=True)
class Write:
    """One step: what it writes. `why` says what of its own condition failed: then it writes nothing.

    `values` are the action's fields after all expressions; personal data and free text are
    `(not shown)` unless revealed. `about` is what the action addresses, as people call it.
    """

    step: str
    action: str
    connection: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""
    waits_for: tuple[str, ...] = ()
    why: WhyNot | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What one rule says of one event; of each linked record once, if the rule says `each`.

    `decision` is `None` for a rule that the event does not concern; `apart` says why. Of a condition
    that failed, `why` says what would have to change, and `would` what would be written then, or
    `would_fail` why that could not be made.
    """

    rule: Rule
    apart: str = ""
    decision: Decision | None = None
    linked: Linked | None = None
    why: WhyNot | None = None
    writes: tuple[Write, ...] = ()
    would: tuple[Write, ...] = ()
    would_fail: str = ""

    @property
    def answer(self) -> Answer:
        return Answer.NO_MATCH if self.decision is None else self.decision.answer


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rules are accounted for. `every`: also those that this event does not concern."""

    every: bool = False
    rule: str = ""
    revealed: bool = False


WHOLE = Wanted()


def accounts(
    event: Event, facts: Facts, rules: RuleSet, wanted: Wanted = WHOLE
) -> tuple[Account, ...]:
    """One for each rule that the event concerns, and each of its linked records, in order."""
    moment = Moment(event=event, facts=facts, rules=rules)
    told = triggers(event)
    return tuple(
        account
        for rule in rules.rules
        if _is_wanted(rule, wanted)
        for account in _accounts(rule, moment, wanted, told=told)
    )


def _is_wanted(rule: Rule, wanted: Wanted) -> bool:
    return wanted.rule in {"", rule.id}


def _accounts(
    rule: Rule, moment: Moment, wanted: Wanted, *, told: frozenset[str]
) -> Iterator[Account]:
    apart = _apart(rule, moment, told)
    if not apart:
        for decision in decide_rule(rule, moment):
            yield account_of(rule, moment, decision, revealed=wanted.revealed)
    elif wanted.every or wanted.rule:
        yield Account(rule=rule, apart=apart)


def _apart(rule: Rule, moment: Moment, told: frozenset[str]) -> str:
    """Why the event does not concern a rule at all."""
    due = moment.facts.due
    if not rule.when & told:
        waits = " or ".join(happening(one) for one in sorted(rule.when))
        return f"it waits for {waits}, and this is {happening(moment.event.kind)}"
    if due is not None and due.rule != rule.id:
        return f"time made this event for the rule {due.rule}"
    return ""


def account_of(
    rule: Rule, moment: Moment, decision: Decision, *, revealed: bool = False
) -> Account:
    """What lies behind one decision of a rule at this moment. Never raises."""
    found = (one for one in moment.facts.linked if one.link_id == decision.target)
    linked = next(found, None) if decision.target else None
    made = Account(rule=rule, decision=decision, linked=linked)
    asked = decision.answer is not Answer.ERROR and (linked is not None or rule.each is None)
    if not asked or passes_over(rule, moment.event, moment.facts):
        return made
    teller = Teller(rule=rule, moment=moment, linked=linked, revealed=revealed)
    if rule.condition is not None and decision.answer is Answer.NO_MATCH:
        why = teller.why(rule.condition)
        if why is not None:
            return teller.would(replace(made, why=why), why)
    return replace(made, writes=teller.writes(teller.view, decision.asks))


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Tells about one rule at one moment, for one linked record."""

    rule: Rule
    moment: Moment
    linked: Linked | None
    revealed: bool

    @property
    def view(self) -> View:
        return self.moment.view(self.rule.world, self.linked)

    def why(self, condition: Condition) -> WhyNot | None:
        """What failed in a condition; `None` if it holds."""
        if condition.whole.evaluate(self.view.binding) is True:
            return None
        return why_not(self._sight(condition, self.view))

    def would(self, made: Account, why: WhyNot) -> Account:
        """With what the rule would write after the first of the fixes, if there is one."""
        if not why.fixes:
            return made
        view = self.moment.changed(self.rule.world, why.fixes[0].changed)
        try:
            asked = tuple(asks(self.rule, self._occasion(view)))
            return replace(made, would=self.writes(view, asked))
        except Unasked as error:
            failed = unasked(self.rule, error, self.moment, values=view.values, target="")
            return replace(made, would_fail=str(failed.detail["text"]))
        except Malformed as error:
            return replace(made, would_fail=str(error))

    def writes(self, view: View, asked: tuple[Ask, ...]) -> tuple[Write, ...]:
        """Every step of the rule: those that write, and those whose own condition says no."""
        at = self._occasion(view)
        by_step = {ask.step: ask for ask in asked}
        skipped = frozenset(step.id for step in self.rule.steps if step.id not in by_step)
        at = replace(at, filling=replace(at.filling, skipped=skipped))
        return tuple(
            self._write(step, by_step[step.id], at)
            if step.id in by_step
            else self._skip(step, view)
            for step in self.rule.steps
        )

    def _occasion(self, view: View) -> Occasion:
        return occasion_of(self.rule, self.moment, view, self.linked)

    def _write(self, step: Step, ask: Ask, at: Occasion) -> Write:
        values = shown(ask.args) if self.revealed else veiled(step.args, at.filling, self._hides)
        rest = {name: value for name, value in values.items() if name != step.target}
        return Write(
            step=step.id,
            action=step.action.kind,
            connection=ask.connection,
            values=rest,
            about=self._about(step),
            waits_for=ask.needs,
        )

    def _about(self, step: Step) -> str:
        if step.target is None:
            return ""
        if self.linked is None:
            record = self.moment.event.record
            return str(record.get("key") or record.get("number") or self.moment.event.subject)
        return self.linked.key or self.linked.ref or "the linked record, once it is there"

    def _skip(self, step: Step, view: View) -> Write:
        condition = step.condition
        why = why_not(self._sight(condition, view)) if condition else None
        return Write(step=step.id, action=step.action.kind, why=why)

    def _sight(self, condition: Condition, view: View) -> Sight:
        world, rules = self.rule.world, self.moment.rules
        return Sight(
            condition=condition,
            world=world,
            schema=rules.schema,
            values=view.values,
            reader=Reader(
                schema=rules.schema, variables=world.variables, now=self.moment.facts.now
            ),
            bind=lambda values: self.moment.changed(world, values).binding,
            revealed=self.revealed,
        )

    def _hides(self, expression: Expression) -> bool:
        schema, world = self.moment.rules.schema, self.rule.world
        return any(is_private(schema, world, name) for name in expression.names)
