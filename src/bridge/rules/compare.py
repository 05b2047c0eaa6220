"""What two sets of rules ask for about one event, delivery by delivery and field by field. Pure."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.rules.decision import Ask, Decision
from bridge.rules.template import DEFERRED, MISSING

# Of a step: its names and its arguments are compared by themselves, and what it waits for follows
# from its arguments.
_NOT_ITS_OWN = frozenset({"step", "was", "args", "needs"})
_OF_AN_ASK = tuple(one.name for one in dataclasses.fields(Ask) if one.name not in _NOT_ITS_OWN)
_OF_A_DECISION = ("observe", "dead_head")

Key = tuple[str, str, str]  # rule, step, target


@dataclass(frozen=True, kw_only=True)
class Owed:
    """One delivery that a matched rule asks for."""

    decision: Decision
    ask: Ask

    @property
    def key(self) -> Key:
        return self.decision.rule, self.ask.step, self.decision.target


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field that is not the same; `MISSING` where there is none. `args.` stands before arguments."""

    name: str
    then: Any
    now: Any


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One delivery as it was asked for then and as it is now; one of them may not be there."""

    then: Owed | None
    now: Owed | None
    fields: tuple[Field, ...] = ()


def owed(decisions: Sequence[Decision]) -> Iterator[Owed]:
    """Every delivery that these decisions ask for."""
    for decision in decisions:
        for ask in decision.asks:
            yield Owed(decision=decision, ask=ask)


def pairs(then: Sequence[Decision], now: Sequence[Decision]) -> Iterator[Pair]:
    """Each delivery once. One whose step was renamed with `was:` is the same delivery."""
    before = {one.key: one for one in owed(then)}
    for one in owed(now):
        earlier = before.pop(_name_then(one, before), None)
        fields = () if earlier is None else tuple(differences(earlier, one))
        yield Pair(then=earlier, now=one, fields=fields)
    for left in before.values():
        yield Pair(then=left, now=None)


def differences(then: Owed, now: Owed) -> Iterator[Field]:
    """The fields in which one delivery is another than it was."""
    for name in _OF_AN_ASK:
        yield from _other(name, getattr(then.ask, name), getattr(now.ask, name))
    for name in _OF_A_DECISION:
        yield from _other(name, getattr(then.decision, name), getattr(now.decision, name))
    if then.ask.args == now.ask.args:
        return
    before, after = flat(then.ask.args), flat(now.ask.args)
    for name in dict.fromkeys((*before, *after)):
        yield from _other(f"args.{name}", before.get(name, MISSING), after.get(name, MISSING))


def flat(args: Mapping[str, Any], front: str = "") -> dict[str, Any]:
    """Arguments by their path: `fields.Jira_Status__c`. What is still to come is one value."""
    found: dict[str, Any] = {}
    for name, value in args.items():
        if isinstance(value, Mapping) and value and DEFERRED not in value:
            found |= flat(value, f"{front}{name}.")
        else:
            found[f"{front}{name}"] = value
    return found


def _name_then(one: Owed, before: Mapping[Key, Owed]) -> Key:
    rule, step, target = one.key
    names = ((rule, name, target) for name in (step, *one.ask.was))
    return next((key for key in names if key in before), one.key)


def _other(name: str, then: Any, now: Any) -> Iterator[Field]:
    if type(then) is not type(now) or then != now:
        yield Field(name=name, then=then, now=now)
