"""The sender of what this org pushes: each message is written at the moment it leaves."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import httpx
from typing_extensions import override

from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import RetryPolicy, Webhook, WebhookSender, _Due


class LateSender(WebhookSender):
    """Asks `render` for headers and body before every try: data is read at send time."""

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        pace: Pace,
        faults: Faults,
        render: Callable[[Webhook], Webhook],
    ) -> None:
        self._render = render  # before the threads start
        super().__init__(policy, pace=pace, faults=faults)

    @override
    def _post(self, due: _Due) -> httpx.Response | None:
        return super()._post(replace(due, webhook=self._render(due.webhook)))


class Outlet:
    """A late sender that begins with the first message: an org that pushes nothing has no thread."""

    def __init__(self, org: Org, begin: Callable[[], LateSender]) -> None:
        self._org = org
        self._begin = begin
        self._sender: LateSender | None = None

    @property
    def sender(self) -> LateSender:
        with self._org.lock:
            if self._sender is None:
                self._sender = self._begin()
            return self._sender

    def idle(self) -> bool:
        return self._sender is None or self._sender.idle()

    @property
    def stats(self) -> Counter[str]:
        return Counter() if self._sender is None else Counter(self._sender.stats)

    @property
    def lost(self) -> list[Webhook]:
        """What was given up."""
        return [] if self._sender is None else list(self._sender.lost)

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()
