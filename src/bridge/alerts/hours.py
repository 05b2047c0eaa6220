"""When alerts of a route may be told: not in its quiet hours, or only while people work. Pure."""

from datetime import datetime

from bridge.rules.route import Route

_ROUNDS = 100  # quiet hours and opening hours that never meet: say it rather than never


def shut_until(route: Route, now: datetime) -> datetime | None:
    """When they may be told next; `None`: now."""
    at = now
    for _ in range(_ROUNDS):
        until = _quiet(route, at)
        if until is None:
            return at if at > now else None
        at = until
    return None


def _quiet(route: Route, at: datetime) -> datetime | None:
    if route.quiet is not None and (until := route.quiet.quiet_until(at)) is not None:
        return until
    if route.business is not None and not route.business.is_open(at):
        return route.business.next_open(at)
    return None
