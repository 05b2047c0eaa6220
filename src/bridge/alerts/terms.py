"""What a route says of time and number, for the machine; and what an alert is the same by."""

from datetime import timedelta

from bridge.alerts.machine import Terms
from bridge.alerts.plan import Cap
from bridge.canonical.ids import stable_id
from bridge.rules.decision import Routing
from bridge.rules.route import Route


def terms(route: Route, scale: float) -> Terms:
    """`scale` shrinks them, as every wait of ours."""
    form = route.form
    return Terms(
        wait=form.group_wait * scale,
        interval=form.group_interval * scale,
        repeat=form.repeat_interval * scale,
        lasts=form.resolve is not None,
    )


def lasting(route: Route, scale: float) -> timedelta:
    """How long it must hold; nothing: it is told as it is."""
    return (route.form.lasting or timedelta(0)) * scale


def cap(route: Route, scale: float) -> Cap | None:
    said = route.form.cap
    return None if said is None else Cap(cards=said.cards, per=said.per * scale)


def group_id(rule: str, step: str, receiver: str, routing: Routing) -> str:
    """What has the same values goes into one card."""
    values = (part for pair in routing.group.items() for part in pair)
    return stable_id("grp", rule, step, receiver, *values)


def labels(rule: str, step: str, connection: str, routing: Routing) -> dict[str, str]:
    """What silences match."""
    own = {"rule": rule, "step": step, "connection": connection}
    return {**routing.group, **routing.labels, **own}
