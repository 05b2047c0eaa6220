"""What is left of a day's calls is for deliveries first: polls and backfills heed it alike."""

from datetime import timedelta

from bridge.connectors.connected import Connected
from bridge.connectors.limits import QUOTA_SECONDS
from bridge.outbox.budgets import store as budgets
from bridge.outbox.budgets.views import LimitView, limit_views
from bridge.pipeline.asking import Later
from bridge.pipeline.world import World

SPARED = timedelta(minutes=15)  # where the quota is used up


def limits(world: World, connected: Connected) -> list[LimitView]:
    """How the limits of the whole connection stand."""
    with world.database.reading() as session:
        states = budgets.by_name(session)
    views = limit_views(connected, states, now=world.clock.now())
    return [one for one in views if not one.part]


def heed_quotas(world: World, connected: Connected, *, scale: float) -> list[LimitView]:
    """How they stand, where something may be asked at all. Raises Later."""
    now, views = world.clock.now(), limits(world, connected)
    for view in views:
        if view.closed_until is not None and view.closed_until > now:
            raise Later(f"{connected.name} takes no more: {view.why}", view.closed_until)
        used = view.left is not None and view.left <= view.reserve
        if used and (view.window_seconds or 0) > QUOTA_SECONDS:
            text = f"the limit {view.name} of {connected.name} is used up"
            raise Later(text, now + SPARED * scale)
    return views
