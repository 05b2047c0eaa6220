"""The steps of a matched rule as asks: values filled in, addresses and connections chosen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.canonical.event import Event
from bridge.canonical.ref import Ref
from bridge.ledger.facts import Linked
from bridge.rules.arguments import fitted
from bridge.rules.decision import Ask, Routing
from bridge.rules.expression import Failure
from bridge.rules.route import routing
from bridge.rules.ruleset import Condition, Rule, Site, Step
from bridge.rules.step_loader import system
from bridge.rules.template import LINKED, Filling, Unfilled, fill, needs


class Unasked(Exception):
    """A step whose values cannot be made; `site` is where it stands in the file."""

    def __init__(self, text: str, *, expression: str, site: Site) -> None:
        super().__init__(text)
        self.text = text
        self.expression = expression
        self.site = site


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What a rule's steps are filled from."""

    event: Event
    linked: Linked | None
    filling: Filling
    systems: Mapping[str, str]


def occasion(
    event: Event, linked: Linked | None, *, filling: Filling, systems: Mapping[str, str]
) -> Occasion:
    """An occasion whose filling knows what the linked record can give."""
    if linked is None:
        return Occasion(event=event, linked=None, filling=filling, systems=systems)
    found = {"key": linked.key, "url": linked.url, "ref": linked.ref}
    if linked.ref is not None:
        found["id"] = Ref.parse(linked.ref).id
    known = {name: value for name, value in found.items() if value}
    there = replace(filling, linked=known, linked_there=linked.ref is not None)
    return Occasion(event=event, linked=linked, filling=there, systems=systems)


def asks(rule: Rule, at: Occasion) -> Iterator[Ask]:
    """One ask for each step whose own condition holds. Raises Unasked."""
    skipped: frozenset[str] = frozenset()
    for step in rule.steps:
        here = replace(at, filling=replace(at.filling, skipped=skipped)) if skipped else at
        if step.condition is not None and not _holds(step.condition, here):
            skipped |= {step.id}
            continue
        yield _ask(rule, step, at=here)


def _holds(condition: Condition, at: Occasion) -> bool:
    value = condition.whole.evaluate(at.filling.binding)
    if isinstance(value, Failure):
        raise Unasked(value.text, expression=condition.whole.text, site=condition.site)
    return value is True


def _ask(rule: Rule, step: Step, *, at: Occasion) -> Ask:
    args = _args(step, at)
    waiting = list(dict.fromkeys((*step.waits_for, *needs(args))))
    link = at.linked if step.target is not None else None
    if step.target is not None:
        address = link.ref if link else str(at.event.subject)
        args |= {step.target: address} if address else {}
        waiting += [LINKED] if address is None and LINKED not in waiting else []
    action = fitted(step.action, args, target=step.target)
    if isinstance(action, str):
        raise Unasked(action, expression=step.action.kind, site=step.site)
    said = vars(action)  # most actions have no such field, and pydantic is slow to say so
    return Ask(
        step=step.id,
        action=step.action.kind,
        connection=step.connection or _connection(step, at),
        args=args,
        needs=tuple(waiting),
        was=step.was,
        target_link=link.link_id if link else None,
        target_ref=link.ref if link else None,
        role=step.role,
        relation=step.relation,
        expires=step.expires,
        alone=step.alone,
        stale_after=said.get("stale_after"),
        ambiguous=said.get("ambiguous", "skip"),
        urgent=rule.form.urgent,
        route=_routing(step, at),
    )


def _routing(step: Step, at: Occasion) -> Routing | None:
    if step.route is None:
        return None
    try:
        return routing(step.route, at.filling)
    except Unfilled as error:
        raise Unasked(error.text, expression=error.expression, site=step.site) from None


def _args(step: Step, at: Occasion) -> dict[str, Any]:
    try:
        filled = fill(step.args, at.filling)
    except Unfilled as error:
        raise Unasked(error.text, expression=error.expression, site=step.site) from None
    return dict(filled)


def _connection(step: Step, at: Occasion) -> str:
    """The account of what is addressed; of a record still to come, the system's only one."""
    wanted = system(step.action)
    home = at.event.subject.connection
    if at.linked is not None:
        home = at.linked.connection or (at.linked.ref or "").partition(":")[0]
    if home and at.systems.get(home, wanted) == wanted:
        return home
    fitting = [name for name, place in at.systems.items() if place == wanted]
    if len(fitting) == 1:
        return fitting[0]
    text = f"{step.action.kind} cannot tell which {wanted} connection: add `connection:`"
    raise Unasked(text, expression=step.action.kind, site=step.site)
