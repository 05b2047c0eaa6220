"""What a route says of time and number, for the machine; and what an alert is the same by."""

from bridge.alerts.machine import Terms
from bridge.alerts.plan import Cap
from bridge.canonical.ids import stable_id
from bridge.rules.decision import Routing
from bridge.rules.route import Route


def terms(route: Route) -> Terms:
    form = route.form
    return Terms(
        wait=form.group_wait,
        interval=form.group_interval,
        repeat=form.repeat_interval,
        lasts=form.resolve is not None,
    )


def cap(route: Route) -> Cap | None:
    said = route.form.cap
    return None if said is None else Cap(cards=said.cards, per=said.per)


def group_id(rule: str, step: str, receiver: str, routing: Routing) -> str:
    """What has the same values goes into one card."""
    values = (part for pair in routing.group.items() for part in pair)
    return stable_id("grp", rule, step, receiver, *values)


def labels(rule: str, step: str, connection: str, routing: Routing) -> dict[str, str]:
    """What silences match."""
    own = {"rule": rule, "step": step, "connection": connection}
    return {**routing.group, **routing.labels, **own}
