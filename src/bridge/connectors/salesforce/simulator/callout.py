"""JSON callouts that an admin built: signed with a timestamp, and by default sent only once."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from uuid import NAMESPACE_URL, uuid5

import httpx

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator import vendor
from bridge.connectors.salesforce.simulator.change import Change
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.push import Callout, fires
from bridge.connectors.salesforce.simulator.sender import LateSender, Outlet
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import RetryPolicy, Verdict, Webhook

_ALWAYS_SENT = ("Id", "SystemModstamp")
_ROOT = "/services/data/v67.0"


class Callouts:
    """Listens to writes. Nothing is sent while `url` is not set; an empty secret signs nothing."""

    def __init__(
        self,
        org: Org,
        definitions: Sequence[Callout],
        *,
        clock: Clock,
        retries: int,
        pace: Pace,
        faults: Faults,
    ) -> None:
        self.url: str | None = None
        self.secret = ""
        self.definitions = tuple(definitions)
        self._org = org
        self._clock = clock
        self.sent = 0
        self.outlet = Outlet(
            org,
            lambda: LateSender(policy(retries), pace=pace, faults=faults, render=self.render),
        )

    def heard(self, change: Change) -> None:
        """One committed write. Called under the org's lock."""
        if self.url is None:
            return
        for definition in self.definitions:
            if fires(change, definition.object, definition.when):
                self._send(self.url, definition, change)

    def render(self, webhook: Webhook) -> Webhook:
        """Signed as it leaves: a repeat has a new timestamp and the same event id."""
        if not self.secret:
            return webhook
        stamp = str(int(self._clock.now().astimezone(UTC).timestamp()))
        signature = signed(self.secret, stamp, webhook.body)
        headers = {"x-signature-timestamp": stamp, "x-signature": signature}
        return replace(webhook, headers={**webhook.headers, **headers})

    @property
    def lost(self) -> int:
        """Callouts that no 2xx answered and that nobody repeats."""
        return len(self.outlet.lost)

    def _send(self, url: str, definition: Callout, change: Change) -> None:
        self.sent += 1
        event = str(uuid5(NAMESPACE_URL, f"{change.id}/{self.sent}"))
        kind = self._org.schema.object_named(definition.object)
        names = tuple(dict.fromkeys((*_ALWAYS_SENT, *definition.fields)))
        record = self._org.selection.row_shown(kind, change.after, names, root=_ROOT)
        body = {"id": event, "object": kind.name, "act": change.act.value, "record": record}
        webhook = Webhook(
            url=url,
            headers={"content-type": "application/json", "user-agent": vendor.OUTBOUND_AGENT},
            body=json.dumps(body, ensure_ascii=False).encode(),
            label=event,
        )
        self.outlet.sender.send(webhook, after=vendor.CALLOUT_QUEUE_SECONDS)


def signed(secret: str, stamp: str, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `stamp.body`."""
    message = stamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def policy(retries: int) -> RetryPolicy:
    """A plain flow or future method never repeats; an org that queues its callouts may."""

    def judge(answer: httpx.Response | None) -> Verdict:
        if answer is not None and answer.is_success:
            return Verdict.DONE
        return Verdict.RETRY if retries else Verdict.LOST

    return RetryPolicy(
        judge=judge,
        retries=retries,
        wait=lambda _: (vendor.CALLOUT_RETRY_WAIT, vendor.CALLOUT_RETRY_WAIT),
        timeout=vendor.CALLOUT_TIMEOUT,
    )
