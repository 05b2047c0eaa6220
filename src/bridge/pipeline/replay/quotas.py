"""What the calls of a plan are against what is left of the vendors' limits, and how fast it may go."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.connectors.connected import Connected
from bridge.connectors.limits import QUOTA_SECONDS, Scope
from bridge.outbox.budgets import store as budgets
from bridge.outbox.budgets.views import LimitView, limit_views
from bridge.pipeline.replay.counting import calls
from bridge.pipeline.world import World

Limits = Mapping[str, list[LimitView]]  # by connection


def limits(session: Session, world: World, *, now: datetime) -> Limits:
    """The limits whose size is known, those of parts too."""
    states = budgets.by_name(session)
    return {
        name: [
            view
            for view in limit_views(connected, states, now=now)
            if view.limit and view.window_seconds and view.used is not None
        ]
        for name, connected in sorted(world.connections.items())
    }


def quotas(counts: Mapping[str, Any], known: Limits, world: World) -> list[dict[str, Any]]:
    """Of each quota that is drawn on: the calls, and their share of what is left. Null: nothing is."""
    found = []
    for name, number in sorted(calls(counts).items()):
        views = [
            view for view in known.get(name, ()) if (view.window_seconds or 0) >= QUOTA_SECONDS
        ]
        found += [_quota(name, view, number) for view in views if not view.part]
        parts = counts.get("sends", {}).get(name, {}).get("parts", {})
        for part, some in sorted(parts.items()):
            mine = [view for view in views if view.part == part]
            mine = mine or list(_unused(world.connections.get(name), part))
            found += [_quota(name, view, some) for view in mine]
    return found


def _quota(name: str, view: LimitView, number: int) -> dict[str, Any]:
    return {
        "connection": name,
        "limit": view.name,
        "part": view.part,
        "window_seconds": view.window_seconds,
        "most": view.limit,
        "left": view.left,
        "calls": number,
        "share_of_left": round(number / view.left, 4) if view.left else None,
    }


def _unused(connected: Connected | None, part: str) -> Iterator[LimitView]:
    """The quotas of a part that nothing has gone by yet: all of each is left."""
    for limit in connected.limits.values() if connected else ():
        for window in limit.windows if limit.scope is Scope.PART else ():
            if window.is_quota:
                yield LimitView(
                    name=limit.name,
                    part=part,
                    window_seconds=window.seconds,
                    limit=window.most,
                    used=0,
                    left=window.most,
                    reserve=0,
                    source="counted",
                    closed_until=None,
                    why="",
                    resets_at=None,
                    runs_out_at=None,
                )


def least_seconds(counts: Mapping[str, Any], known: Limits) -> float:
    """How long the vendors' limits alone make it last, if nothing else is sent."""
    wanted = calls(counts)
    return max(
        (
            max(0, wanted[name] - (view.left or 0)) * rest
            for name in wanted
            for view, rest in _rests(known, name)
        ),
        default=0.0,
    )


def per_minute(pace: Mapping[str, Any], counts: Mapping[str, Any], known: Limits) -> int | None:
    """How many items a minute a run may do. `None`: as fast as what it owes is taken.

    Of a share: that of the tightest limit, for as many calls as an item makes there.
    """
    if pace.get("per_minute"):
        return int(pace["per_minute"])
    share, items = pace.get("share"), max(1, sum(counts.get("will", {}).values()))
    if not share:
        return None
    rates = [
        60 / rest * share / (number / items)
        for name, number in calls(counts).items()
        for _, rest in _rests(known, name)
        if number
    ]
    return max(1, int(min(rates))) if rates else None


def _rests(known: Limits, name: str) -> Iterator[tuple[LimitView, float]]:
    """Each limit of a connection, with the seconds that it gives to one call."""
    for view in (one for one in known.get(name, ()) if not one.part):
        yield view, (view.window_seconds or 0.0) / (view.limit or 1)
