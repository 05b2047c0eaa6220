"""Jira's limits: what Cloud allows, and what its answers say of it (Atlassian, rate limiting).

Three that know nothing of one another: a burst for each method and path, writes to one issue, and,
for apps, points an hour. Data Center limits each user as its admin likes, and says so in a 429.
"""

from collections.abc import Sequence
from datetime import datetime

import httpx

from bridge.canonical.text import cut
from bridge.connectors.jira.failure import retry_after
from bridge.connectors.jira.settings import Flavour, JiraSettings
from bridge.connectors.limits import (
    CALLS,
    Limit,
    Limits,
    Reading,
    Scope,
    Window,
    named,
    number,
    turned_away,
)

BURSTS = {"get": 100, "post": 100, "put": 50, "delete": 50}  # a second, for each path by default
ISSUE_WRITES = (Window(most=20, seconds=2), Window(most=100, seconds=30))
ISSUE = "issue"
BURST_SECONDS = 5.0  # of a 429 that names no time: a gateway's
HOUR = 3_600.0
REASON_CHARS = 80
PER_ISSUE = "jira-per-issue-on-write"
_QUOTAS = {
    "jira-quota-global-based": "global-app-quota",
    "jira-quota-tenant-based": "tenant-app-quota",
}
_BURST_POLICY = "jira-burst-based"


def of(settings: JiraSettings) -> Sequence[Limit]:
    """Of Cloud; a Data Center's are its admin's."""
    if settings.flavour is Flavour.DATACENTER:
        return (Limit(name=CALLS), Limit(name=ISSUE, scope=Scope.RECORD))
    bursts = [
        Limit(name=name, windows=(Window(most=most, seconds=1),)) for name, most in BURSTS.items()
    ]
    return (*bursts, Limit(name=CALLS), Limit(name=ISSUE, windows=ISSUE_WRITES, scope=Scope.RECORD))


def charged(method: str, path: str) -> Sequence[str]:
    """The burst is kept per method, which holds it for each path too."""
    return (method.lower(), CALLS)


def read(response: httpx.Response, now: datetime) -> Sequence[Reading]:
    """Quotas by their policy; a 429 closes what its reason is about, and nothing for one issue alone."""
    quotas = [one for one in named(response.headers) if one.name != _BURST_POLICY]
    return [*quotas, *_closed(response, now), *_burst(response)]


def _closed(response: httpx.Response, now: datetime) -> Sequence[Reading]:
    if response.status_code != 429:
        return turned_away(response, now)
    reason = cut(response.headers.get("ratelimit-reason", ""), REASON_CHARS)
    if reason == PER_ISSUE:
        return ()
    wait, why = retry_after(response.headers, now), reason or "answered 429"
    if reason in _QUOTAS:
        left = _to_the_hour(now) if wait is None else wait
        return (
            Reading(name=_QUOTAS[reason], left=0, seconds=HOUR, resets_in=left, why=why),
            Reading(name=CALLS, closed_for=left, why=why),
        )
    seconds = BURST_SECONDS if wait is None else wait
    return (Reading(name=_class(response), closed_for=seconds, why=why),)


def _class(response: httpx.Response) -> str:
    """Data Center has one bucket for all calls of a user, and shows how fast it fills."""
    whole = "x-ratelimit-fillrate" in response.headers
    return CALLS if whole else response.request.method.lower()


def _burst(response: httpx.Response) -> Sequence[Reading]:
    left = number(response.headers, "x-ratelimit-remaining")
    if left is None or response.status_code == 429:
        return ()
    limit = number(response.headers, "x-ratelimit-limit")
    return (Reading(name=_class(response), limit=limit, left=left, seconds=1.0),)


def _to_the_hour(now: datetime) -> float:
    """Points come back at the top of each hour."""
    return HOUR - (now.minute * 60 + now.second)


LIMITS = Limits[JiraSettings](of=of, charged=charged, read=read)
