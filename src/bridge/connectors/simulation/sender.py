"""The sender of webhooks: posts them as a vendor would, and repeats as its retry policy says."""

import heapq
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import httpx

from bridge.connectors.simulation.faults import DeliveryFault, Faults
from bridge.connectors.simulation.scale import Pace

DUPLICATE_WAIT = (1.0, 30.0)  # vendor seconds until a duplicate follows
REORDER_WAIT = (1.0, 10.0)  # vendor seconds by which a webhook is overtaken


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One for all senders: reading the certificates takes longer than a test."""
    return ssl.create_default_context()


class Verdict(StrEnum):
    DONE = "done"
    RETRY = "retry"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How a vendor repeats.

    judge          an answer, or None for a broken connection -> what the vendor makes of it
    retries        repeats at most, after the first attempt
    wait           which repeat it is (1 for the first) -> (least, most) vendor seconds before it
    retry_headers  which repeat it is -> headers that the vendor adds to it
    timeout        seconds for an answer; real ones, since a busy machine is not scaled
    lone_after     vendor seconds of failures after which each webhook gets a single attempt until
                   one delivery succeeds; None: never
    """

    judge: Callable[[httpx.Response | None], Verdict]
    retries: int
    wait: Callable[[int], tuple[float, float]]
    retry_headers: Callable[[int], Mapping[str, str]] = lambda _: {}
    timeout: float = 20.0
    lone_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One delivery. `label` is for the questions of tests: an event's name."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    label: str = ""


@dataclass(order=True, frozen=True)
class _Due:
    at: float
    number: int
    webhook: Webhook = field(compare=False)
    repeat: int = field(compare=False, default=0)
    twin: bool = field(compare=False, default=False)  # a duplicate, or set back already


class WebhookSender:
    """Background threads that post queued webhooks. `workers` above 1 gives up the order.

    stats counts `posted` (attempts that left), `delivered`, `retried`, `lost` and the faults
    `duplicate`, `reorder`, `drop`, `unanswered`. `lost` holds what was given up.
    """

    def __init__(
        self, policy: RetryPolicy, *, pace: Pace, faults: Faults | None = None, workers: int = 1
    ) -> None:
        self._policy = policy
        self._pace = pace
        self._faults = faults or Faults()
        self._client = httpx.Client(
            timeout=policy.timeout,
            trust_env=False,
            verify=_tls(),
        )
        self._heap: list[_Due] = []
        self._changed = threading.Condition()
        self._number = 0
        self._in_flight = 0
        self._closed = False
        self._failing_since: float | None = None
        self.stats: Counter[str] = Counter()
        self.lost: list[Webhook] = []
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name="webhooks")
            for _ in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, webhook: Webhook, *, after: float = 0.0) -> None:
        """Queue it; `after` in vendor seconds. Returns at once. Raises ValueError for a bad URL."""
        if httpx.URL(webhook.url).scheme not in {"http", "https"}:
            raise ValueError(f"{webhook.label or 'webhook'}: the URL must be http or https")
        with self._changed:
            self._push(webhook, after)

    def idle(self) -> bool:
        """Nothing is queued, in flight, or waiting for a repeat."""
        with self._changed:
            return not self._heap and not self._in_flight

    def wait_idle(self, seconds: float) -> bool:
        """Wait until idle, `seconds` (real ones) at most. Whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._heap and not self._in_flight, seconds)

    def close(self) -> None:
        """Forget what is queued and stop."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(2)
        self._client.close()

    def _push(self, webhook: Webhook, after: float, *, repeat: int = 0, twin: bool = False) -> None:
        self._number += 1
        at = time.monotonic() + self._pace.seconds(after)
        due = _Due(at, self._number, webhook, repeat=repeat, twin=twin)
        heapq.heappush(self._heap, due)
        self._changed.notify_all()

    def _work(self) -> None:
        while (due := self._take()) is not None:
            verdict = Verdict.LOST
            try:
                verdict = self._attempt(due)
            finally:
                self._settle(due, verdict)

    def _take(self) -> _Due | None:
        with self._changed:
            while not self._closed:
                wait = self._heap[0].at - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    self._in_flight += 1
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
            return None

    def _attempt(self, due: _Due) -> Verdict:
        if self._disturbed(due):
            return Verdict.DONE
        if self._may_fail(due) and self._fires(DeliveryFault.DROP, due):
            return self._policy.judge(None)
        answer = self._post(due)
        if self._may_fail(due) and self._fires(DeliveryFault.UNANSWERED, due):
            return self._policy.judge(None)
        verdict = self._policy.judge(answer)
        self._remember(verdict)
        return verdict

    def _remember(self, verdict: Verdict) -> None:
        """How long nothing has got through: a vendor gives up repeating at some point."""
        with self._changed:
            if verdict is Verdict.DONE:
                self._failing_since = None
                self.stats["delivered"] += 1
            elif self._failing_since is None:
                self._failing_since = time.monotonic()

    def _disturbed(self, due: _Due) -> bool:
        """Set back behind later ones, or doubled. True: this attempt does not happen now."""
        if due.twin or due.repeat:
            return False
        if self._fires(DeliveryFault.REORDER, due):
            with self._changed:
                self._push(due.webhook, self._faults.uniform(*REORDER_WAIT), twin=True)
            return True
        if self._fires(DeliveryFault.DUPLICATE, due):
            with self._changed:
                self._push(due.webhook, self._faults.uniform(*DUPLICATE_WAIT), twin=True)
        return False

    def _may_fail(self, due: _Due) -> bool:
        """Losing an answer is only fair while the vendor would come again."""
        return due.repeat < self._retries_now() and self._policy.judge(None) is Verdict.RETRY

    def _fires(self, fault: DeliveryFault, due: _Due) -> bool:
        fired = self._faults.fires(fault, path=httpx.URL(due.webhook.url).path)
        if fired:
            self._note(fault)
        return fired

    def _post(self, due: _Due) -> httpx.Response | None:
        extra = self._policy.retry_headers(due.repeat) if due.repeat else {}
        headers = {**due.webhook.headers, **extra}
        self._note("posted")
        try:
            return self._client.post(due.webhook.url, content=due.webhook.body, headers=headers)
        except httpx.HTTPError:
            return None

    def _note(self, name: str) -> None:
        with self._changed:
            self.stats[name] += 1

    def _settle(self, due: _Due, verdict: Verdict) -> None:
        with self._changed:
            self._in_flight -= 1
            if verdict is Verdict.RETRY and due.repeat < self._retries_now() and not self._closed:
                self.stats["retried"] += 1
                wait = self._faults.uniform(*self._policy.wait(due.repeat + 1))
                self._push(due.webhook, wait, repeat=due.repeat + 1, twin=due.twin)
            elif verdict is not Verdict.DONE:
                self.stats["lost"] += 1
                self.lost.append(due.webhook)
            self._changed.notify_all()

    def _retries_now(self) -> int:
        lone_after = self._policy.lone_after
        if lone_after is None or self._failing_since is None:
            return self._policy.retries
        failing = time.monotonic() - self._failing_since
        return 0 if failing > self._pace.seconds(lone_after) else self._policy.retries
