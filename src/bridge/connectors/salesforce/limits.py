"""Salesforce's limits: the API calls of 24 hours, which each answer counts for us.

How many there are depends on edition, users and what was bought (app limits cheat sheet), so nothing
is assumed before the first answer. A call of 200 records is one call.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import httpx

from bridge.connectors.limits import CALLS, Limit, Limits, Reading, turned_away
from bridge.connectors.salesforce.answers import REFUSED_CALL, first_problem, quota_wait
from bridge.connectors.salesforce.settings import SalesforceSettings

DAILY = "daily"
PER_APP = "daily-per-app"
DAY = 86_400.0  # rolling
_USAGE = re.compile(r"(?:^|;)\s*(api-usage|per-app-api-usage)=(\d{1,12})/(\d{1,12})")
_NAMES = {"api-usage": DAILY, "per-app-api-usage": PER_APP}


def of(settings: SalesforceSettings) -> Sequence[Limit]:
    """Salesforce itself says how much there is."""
    return (Limit(name=DAILY), Limit(name=CALLS))


def charged(method: str, path: str) -> Sequence[str]:
    """A log-in is not an API call."""
    return (DAILY, PER_APP, CALLS) if path.startswith("/services/data") else (CALLS,)


def read(response: httpx.Response, now: datetime) -> Sequence[Reading]:
    """`Sforce-Limit-Info: api-usage=18/5000`, and the 403 that means there are none left."""
    usage = [
        Reading(name=_NAMES[kind], limit=int(most), left=max(0, int(most) - int(used)), seconds=DAY)
        for kind, used, most in _USAGE.findall(response.headers.get("sforce-limit-info", ""))
    ]
    return [*usage, *_refused(response), *turned_away(response, now)]


def _refused(response: httpx.Response) -> Sequence[Reading]:
    """Without a time to come back: a quota, and never a permission."""
    if response.status_code != 403 or first_problem(response).code != REFUSED_CALL:
        return ()
    return (Reading(name=DAILY, closed_for=quota_wait(response), why=REFUSED_CALL),)


LIMITS = Limits[SalesforceSettings](of=of, charged=charged, read=read)
