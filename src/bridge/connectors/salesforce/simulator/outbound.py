"""The queue of Outbound Messages: filled by writes, sent in batches until acknowledged or a day old."""

from dataclasses import dataclass, field, replace

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bridge.connectors.salesforce.simulator import vendor
from bridge.connectors.salesforce.simulator.change import Change
from bridge.connectors.salesforce.simulator.identifier import record_id
from bridge.connectors.salesforce.simulator.notification import Notification, envelope
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.push import OutboundMessage, fires
from bridge.connectors.salesforce.simulator.schema import Row
from bridge.connectors.salesforce.simulator.sender import LateSender, Outlet
from bridge.connectors.salesforce.simulator.setup import Setup
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import RetryPolicy, Verdict, Webhook

_ACK = "{http://soap.sforce.com/2005/09/outbound}Ack"
_HEADERS = {
    "content-type": "text/xml; charset=utf-8",
    "soapaction": '""',
    "user-agent": vendor.OUTBOUND_AGENT,
}


@dataclass
class _Message:
    """Notifications that travel together. It takes more until it first leaves."""

    definition: OutboundMessage
    notifications: list[Notification] = field(default_factory=list)
    sealed: bool = False


class OutboundQueue:
    """Listens to writes. Nothing is queued while `url` is not set. The URL is the only secret."""

    def __init__(self, org: Org, setup: Setup, *, pace: Pace, faults: Faults) -> None:
        self.url: str | None = None
        self.definitions = [
            replace(each, action_id=each.action_id or record_id("04k", number))
            for number, each in enumerate(setup.outbound, start=1)
        ]
        for each in self.definitions:
            self._refuse_unknown(org, each)
        self._org = org
        self._setup = setup
        self._messages: list[_Message] = []
        self._filling: dict[str, _Message] = {}
        self._serial = 0
        self.outlet = Outlet(
            org, lambda: LateSender(policy(), pace=pace, faults=faults, render=self.render)
        )

    def heard(self, change: Change) -> None:
        """One committed write. Called under the org's lock."""
        if self.url is None:
            return
        for definition in self.definitions:
            if fires(change, definition.object, definition.when):
                self._queue(definition, change.id)

    def render(self, webhook: Webhook) -> Webhook:
        """The message as it leaves now: the latest values, whatever fired it."""
        with self._org.lock:
            message = self._messages[int(webhook.label)]
            message.sealed = True
            kind = self._org.schema.object_named(message.definition.object)
            rows = [(each, self._live(kind.name, each)) for each in message.notifications]
            body = envelope(
                message.definition, kind, rows, org_id=self._setup.org_id, host=self._setup.host
            )
        return replace(webhook, body=body)

    @property
    def lost(self) -> int:
        """Notifications dropped after a day without an acknowledgement."""
        messages = [self._messages[int(webhook.label)] for webhook in self.outlet.lost]
        return sum(len(message.notifications) for message in messages)

    @property
    def queued(self) -> int:
        """Notifications that writes have fired so far."""
        return self._serial

    def _queue(self, definition: OutboundMessage, record: str) -> None:
        self._serial += 1
        message = self._open(definition)
        message.notifications.append(Notification(record_id("04l", self._serial), record))

    def _open(self, definition: OutboundMessage) -> _Message:
        filling = self._filling.get(definition.action_id)
        full = vendor.NOTIFICATIONS_PER_MESSAGE
        if filling and not filling.sealed and len(filling.notifications) < full:
            return filling
        message = _Message(definition)
        self._filling[definition.action_id] = message
        self._messages.append(message)
        label = str(len(self._messages) - 1)
        webhook = Webhook(url=self.url or "", headers=_HEADERS, label=label)
        self.outlet.sender.send(webhook, after=vendor.OUTBOUND_QUEUE_SECONDS)
        return message

    def _live(self, object_name: str, notification: Notification) -> Row | None:
        kind = self._org.schema.object_named(object_name)
        row = self._org.tables.row(kind, notification.record)
        return None if row is None or row["IsDeleted"] else row

    def _refuse_unknown(self, org: Org, definition: OutboundMessage) -> None:
        kind = org.schema.object_named(definition.object)
        for name in definition.fields:
            kind.field_named(name)


def policy() -> RetryPolicy:
    """Waits double up to two hours; after a day the message is dropped."""
    return RetryPolicy(
        judge=judge,
        retries=_retries(),
        wait=lambda repeat: (_wait(repeat), _wait(repeat)),
        timeout=vendor.OUTBOUND_TIMEOUT,
    )


def judge(answer: httpx.Response | None) -> Verdict:
    """Only HTTP 200 with `<Ack>true</Ack>` counts; all else repeats the whole message."""
    if answer is None or answer.status_code != httpx.codes.OK:
        return Verdict.RETRY
    try:
        ack = fromstring(answer.content, forbid_dtd=True).find(f".//{_ACK}")
    except (ParseError, DefusedXmlException, ValueError):
        return Verdict.RETRY
    said = (ack.text or "").strip().lower() if ack is not None else ""
    return Verdict.DONE if said in {"true", "1"} else Verdict.RETRY


def _wait(repeat: int) -> float:
    doubled = vendor.OUTBOUND_RETRY_FIRST * 2.0 ** min(repeat - 1, 32)
    return min(doubled, vendor.OUTBOUND_RETRY_LONGEST)


def _retries() -> int:
    """How many repeats fit into a message's life."""
    count, spent = 0, 0.0
    while spent + _wait(count + 1) <= vendor.OUTBOUND_LIFETIME:
        count += 1
        spent += _wait(count)
    return count
