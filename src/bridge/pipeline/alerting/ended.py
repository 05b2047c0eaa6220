"""What an event ends of the alerts that were raised about its record."""

from datetime import datetime

from bridge.alerts.raising import Resolve
from bridge.alerts.terms import terms
from bridge.canonical.event import Event
from bridge.ledger.facts import Facts
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.rules.resolving import Over, resolved
from bridge.rules.ruleset import RuleSet


def end_alerts(
    work: Work, world: World, rules: RuleSet, event: Event, known: Facts, *, now: datetime
) -> None:
    """Before what the event itself raises: what it raises again goes on."""
    for one in resolved(event, known, rules):
        if one.problem:
            _alarm(work, world, event, one, now)
            continue
        assert one.step.route is not None
        over = Resolve(
            rule=one.rule.id,
            step=one.step.id,
            subject=str(event.subject),
            target=one.target,
            terms=terms(one.step.route, world.scale),
        )
        work.alert([over])


def _alarm(work: Work, world: World, event: Event, one: Over, now: datetime) -> None:
    world.alarms.lower(
        work.session,
        f"rule:{one.rule.id}",
        kind="error",
        text=f"`resolve` of rule {one.rule.id} cannot be evaluated: {one.problem}",
        remedy="mend the rule, then activate it; its alerts go on until an event ends them",
        link=f"{world.public_url}/api/v1/events/{event.id}/explain",
        now=now,
    )
