"""What a Teams channel takes (Microsoft's table for incoming webhooks; a good budget for Workflows)."""

from collections.abc import Sequence
from datetime import datetime

import httpx

from bridge.connectors.limits import CALLS, Limit, Limits, Reading, Scope, Window, retry_after
from bridge.connectors.teams.client import refused_status
from bridge.connectors.teams.settings import TeamsSettings

CHANNEL = "channel"
WINDOWS = (
    Window(most=4, seconds=1),
    Window(most=60, seconds=30),
    Window(most=100, seconds=3_600),
    Window(most=150, seconds=7_200),
    Window(most=1_800, seconds=86_400),
)
CLOSED_SECONDS = 30.0  # of a 429 that names no time: the window that a burst usually meets


def of(settings: TeamsSettings) -> Sequence[Limit]:
    return (Limit(name=CHANNEL, windows=WINDOWS, scope=Scope.PART), Limit(name=CALLS))


def charged(method: str, path: str) -> Sequence[str]:
    return (CHANNEL, CALLS)


def read(response: httpx.Response, now: datetime) -> Sequence[Reading]:
    """A 429, also one that hides in a 200 (connectors that are retired), closes its channel alone."""
    if refused_status(response) != 429:
        return ()
    wait = retry_after(response.headers, now)
    seconds = CLOSED_SECONDS if wait is None else wait
    return (Reading(name=CHANNEL, closed_for=seconds, why="answered 429"),)


LIMITS = Limits[TeamsSettings](of=of, charged=charged, read=read)
