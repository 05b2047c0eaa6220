"""What a step with a `route:` asks is no delivery yet: it raises an alert of a group."""

from collections.abc import Mapping

from bridge.alerts.raising import Raise
from bridge.alerts.terms import group_id, labels, lasting, terms
from bridge.canonical.event import Event
from bridge.canonical.ids import stable_id
from bridge.connectors.action import Action
from bridge.pipeline.world import World
from bridge.rules.arguments import fitted
from bridge.rules.decision import Ask, Decision
from bridge.rules.ruleset import RuleSet


def raised(
    world: World,
    rules: RuleSet,
    event: Event,
    decision: Decision,
    ask: Ask,
    *,
    needs: Mapping[str, str],
) -> Raise:
    """The alert of an ask that has a route. `needs`: by step, the link whose result its texts name."""
    found = rules.step(decision.rule, ask.step)
    assert found is not None
    assert found[1].route is not None
    assert ask.route is not None
    subject, receiver = str(event.subject), _receiver(world, ask)
    return Raise(
        group={
            "id": group_id(decision.rule, ask.step, receiver, ask.route),
            "rule": decision.rule,
            "step": ask.step,
            "connection": ask.connection,
            "action": ask.action,
            "receiver": receiver,
            "labels": dict(ask.route.group),
        },
        terms=terms(found[1].route, world.scale),
        lasting=lasting(found[1].route, world.scale),
        event_id=event.id,
        target=decision.target,
        subject=subject,
        customer=event.customer,
        fingerprint=stable_id("fpr", ask.route.fingerprint or f"{subject} {decision.target}"),
        labels=labels(decision.rule, ask.step, ask.connection, ask.route),
        args=ask.args,
        needs=needs,
        title=ask.route.title,
    )


def _receiver(world: World, ask: Ask) -> str:
    """Where it is told: the connection, and the place in it that its action names."""
    action = fitted(world.actions[ask.action], ask.args, target=None)
    assert isinstance(action, Action)  # it was fitted when the rule was decided
    return f"{ask.connection}|{action.ordering_key()}"
