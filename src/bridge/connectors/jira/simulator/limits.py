"""The numbers of Jira: sizes, pages, rates, and behaviours that nobody has verified."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bridge.connectors.simulation.scale import Pace

SUMMARY_MAX = 255
TEXT_MAX = 32_767
LABEL_MAX = 255
PROPERTY_MAX = 32_768
GLOBAL_ID_MAX = 255
BULK_CREATE_MAX = 50
BULK_FETCH_MAX = 100
COMMENT_PAGE = 100
PAGE = 50
SEARCH_MAX = 5_000
RECONCILE_MAX = 50
SEARCH_PROPERTIES_MAX = 5
ORDER_MAX = 7
WEBHOOK_BYTES = 25_000_000  # Cloud drops a larger payload, and does not send it again
TOKEN_LIFE = 7 * 86_400.0  # vendor seconds

INDEX_LAG = 30.0  # vendor seconds until search sees a write; Atlassian promises no number
SECONDARY_WAIT = 60.0  # vendor seconds until fallout of a delete is sent; documented up to 15 min
RATE_WAIT = 5.0  # vendor seconds that an injected 429 asks for

# Not verified, each one switch:
SUMMARY_IS_TRIMMED = True
WIKI_LINE_ENDS_ARE_KEPT = True  # False: CRLF becomes LF
LINKING_TOUCHES_BOTH_ISSUES = True  # an issue link also arrives as an update of both its ends
COMMENTING_TOUCHES_THE_ISSUE = True  # `updated` of the issue grows with its comments
EMPTY_EDIT_IS_AN_UPDATE = True  # an edit that changes nothing still sends an update, `items: []`
DC_APPENDS_USER_TO_HOOK_URL = True

_BURST = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
_BURST_OF_PATH = {
    ("GET", "/issue/{key}"): 150,
    ("GET", "/issue/{key}/changelog"): 200,
    ("GET", "/user"): 150,
}
_PER_ISSUE = ((20, 2.0), (100, 30.0))


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What is left of a limit; `wait` (vendor seconds) is above 0 when there is nothing."""

    limit: int
    left: int
    wait: float = 0.0
    resets: float = 0.0  # vendor seconds, where all of it comes back at once


class BurstLimit:
    """A token bucket per method and path template, as Cloud keeps one per tenant."""

    def __init__(self, monotonic: Callable[[], float], pace: Pace) -> None:
        self._monotonic = monotonic
        self._pace = pace
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, method: str, path: str) -> Allowance:
        """One request of this kind, or the wait until the next is allowed."""
        rate = _BURST_OF_PATH.get((method, path), _BURST.get(method, 100))
        with self._lock:
            now = self._monotonic()
            tokens, since = self._buckets.get((method, path), (float(rate), now))
            tokens = min(rate, tokens + (now - since) / self._pace.seconds(1) * rate)
            if tokens < 1:
                self._buckets[method, path] = (tokens, now)
                return Allowance(limit=rate, left=0, wait=(1 - tokens) / rate)
            self._buckets[method, path] = (tokens - 1, now)
            return Allowance(limit=rate, left=int(tokens - 1))


class Points:
    """An app's points of an hour, back at its top; `most` of `None`: an API token, which has no such limit."""

    def __init__(self, now: Callable[[], datetime], pace: Pace) -> None:
        self.most: int | None = None
        self._now = now
        self._hour = pace.seconds(3_600)
        self._lock = threading.Lock()
        self._used, self._since = 0, -1

    def take(self) -> Allowance | None:
        """One point; `wait` (vendor seconds) is until the next hour, above 0 when there is none left."""
        if self.most is None:
            return None
        with self._lock:
            at = self._now().timestamp()
            hour = int(at // self._hour)
            if hour != self._since:
                self._used, self._since = 0, hour
            wait = ((hour + 1) * self._hour - at) / self._hour * 3_600
            if self._used >= self.most:
                return Allowance(limit=self.most, left=0, wait=wait)
            self._used += 1
            return Allowance(limit=self.most, left=self.most - self._used, resets=wait)


class IssueWriteLimit:
    """Cloud's limit on writes to one issue: 20 in 2 s and 100 in 30 s."""

    def __init__(self, monotonic: Callable[[], float], pace: Pace) -> None:
        self._monotonic = monotonic
        self._pace = pace
        self._writes: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=100))

    def take(self, issue: int) -> Allowance:
        """One write to the issue, or the wait until the next is allowed."""
        now = self._monotonic()
        writes = self._writes[issue]
        for most, window in _PER_ISSUE:
            span = self._pace.seconds(window)
            recent = [at for at in writes if now - at < span]
            if len(recent) >= most:
                wait = window * (1 - (now - recent[-most]) / span)
                return Allowance(limit=most, left=0, wait=max(wait, 0.001))
        writes.append(now)
        return Allowance(limit=_PER_ISSUE[0][0], left=_PER_ISSUE[0][0] - 1)
