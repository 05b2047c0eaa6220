"""The alarm of a quota that is used up, or would be before its time: said once, and once when it is over."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bridge.alarms import store as alarms
from bridge.connectors.connected import Connections
from bridge.connectors.limits import QUOTA_SECONDS
from bridge.outbox.budgets import store
from bridge.outbox.budgets.views import LimitView, limit_views
from bridge.outbox.connection import spoken

EARLY = 0.5  # of a quota must be used before a forecast is worth waking somebody for
SHORT = timedelta(minutes=1)  # a closing that is over before anybody looks
CALM = 2.0  # times the reserve must be left before it is over


def warn(session: Session, connections: Connections, *, link: str, now: datetime) -> None:
    """Judge every quota of a day's kind; a limit over minutes or less heals before anybody reads."""
    states = store.by_name(session)
    for connected in connections.values():
        for view in limit_views(connected, states, now=now):
            if view.limit is not None and (view.window_seconds or 0) > QUOTA_SECONDS:
                _judge(session, connected.name, view, link=link, now=now)


def _judge(session: Session, name: str, view: LimitView, *, link: str, now: datetime) -> None:
    place = f"{name}|{view.part}" if view.part else name
    key = f"quota:{place}:{view.name}:{view.window_seconds:.0f}"
    said = f"{spoken(place)}: the limit {view.name}"
    used = f"{view.used} of {view.limit} used, {view.reserve} are kept for urgent rules"
    trouble = _trouble(view, now)
    if trouble:
        alarms.lower(
            session,
            key,
            kind="quota",
            text=f"{said} {trouble}: {used}",
            remedy="nothing is lost: what is not urgent waits. Find what uses it up (bridge"
            " connections limits), raise it at the vendor, or raise limits: if they are set lower",
            link=link,
            now=now,
        )
    elif _calm(view):
        alarms.lift(session, key, text=f"{said} is far from used up again: {used}", now=now)


def _trouble(view: LimitView, now: datetime) -> str:
    """What is wrong; empty: nothing."""
    if view.closed_until is not None and view.closed_until - now > SHORT:
        return (
            f"is used up ({view.why}), the vendor takes no more until {view.closed_until:%H:%M} UTC"
        )
    if (view.left or 0) <= view.reserve:
        return "is used up"
    if view.runs_out_at is not None and (view.used or 0) >= EARLY * (view.limit or 0):
        return f"will be used up at {view.runs_out_at:%Y-%m-%d %H:%M} UTC at the present rate"
    return ""


def _calm(view: LimitView) -> bool:
    return (view.left or 0) >= CALM * view.reserve and view.runs_out_at is None


def left_of(
    connections: Connections, session: Session, *, now: datetime
) -> dict[tuple[str, ...], int]:
    """For the metric: what is left of each quota, by connection, part, limit and window."""
    states = store.by_name(session)
    return {
        (connected.name, view.part, view.name, f"{view.window_seconds:.0f}"): view.left
        for connected in connections.values()
        for view in limit_views(connected, states, now=now)
        if view.left is not None and (view.window_seconds or 0) > 5
    }
