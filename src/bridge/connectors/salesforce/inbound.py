"""Outbound Messages and JSON callouts: whether they are genuine, and what they show.

The two kinds share one endpoint and are told apart by the body's first byte, else by its type.
Nothing here trusts the message for more than "this record has changed": sources re-read it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.connectors.contract import Acknowledgement, Message, Translation
from bridge.connectors.salesforce import changes, payloads, soap
from bridge.connectors.salesforce.ids import same_id
from bridge.connectors.salesforce.settings import SalesforceSettings
from bridge.connectors.salesforce.snapshots import of_callout, of_notification
from bridge.errors import Malformed, Unconfigured, Unverified
from bridge.secret import SecretRef

# Ours: Salesforce names no maximum for an Outbound Message (100 records of all their fields), and
# a callout from Apex ends at 6 or 12 MB. More is a 413, which Salesforce retries for 24 hours.
MAX_BYTES = 5_000_000
SIGNATURE_HEADER = "x-signature"
TIMESTAMP_HEADER = "x-signature-timestamp"
ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    b"<soapenv:Body>"
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse>"
    b"</soapenv:Body></soapenv:Envelope>"
)
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SECONDS = re.compile(r"[0-9]{1,12}")


def is_soap(message: Message) -> bool:
    """An Outbound Message, as far as one can tell before it is read."""
    start = message.body.removeprefix(_UTF8_MARK).lstrip(b" \t\r\n")[:1]
    if start in {b"{", b"["}:
        return False
    if start == b"<" or message.body.startswith(_UTF16_MARKS):
        return True
    return "xml" in message.headers.get("content-type", "").lower()


def verify(settings: SalesforceSettings, message: Message, now: datetime) -> None:
    """Raises Unverified or Unconfigured."""
    if is_soap(message):
        _verify_outbound(settings, message)
    else:
        _verify_callout(settings, message, now)


def unproven(settings: SalesforceSettings, message: Message) -> bool:
    """Neither a secret in the path nor a signature: whichever of the two it is, no secret can fit."""
    webhook = settings.webhook
    shows = message.path_secret is not None or SIGNATURE_HEADER in message.headers
    return bool(webhook.path_secrets or webhook.callout_secrets) and not shows


def dedupe_key(settings: SalesforceSettings, message: Message) -> str:
    """The same for each delivery of the same notifications, or of the same callout.

    A retry of an Outbound Message carries the same notification ids, and the record's *latest*
    values; the first message caused a re-read already, and a later change sends its own.
    """
    if is_soap(message):
        return _outbound_key(message)
    event_id = _callout_id(message)
    if event_id:
        return _digest("callout", event_id)
    return _digest("signed", message.headers.get(TIMESTAMP_HEADER, ""), message.body)


def translate(settings: SalesforceSettings, message: Message) -> Translation:
    """Raises Malformed."""
    if is_soap(message):
        return _translate_outbound(settings, message)
    value = payloads.json_value(message.body)
    if changes.is_change_event(value):
        return changes.translate(settings, message, value)
    callouts = payloads.Callouts.parse(value).callouts
    delivery = dedupe_key(settings, message)
    return Translation(
        event_type="salesforce.callout",
        snapshots=tuple(
            of_callout(settings, message, item, delivery=delivery) for item in callouts
        ),
    )


def acknowledge(settings: SalesforceSettings, message: Message) -> Acknowledgement:
    """Salesforce takes nothing but this envelope for a yes: a bare 200 counts as a failure."""
    if not is_soap(message):
        return Acknowledgement()
    return Acknowledgement(status=200, body=ACK, content_type="text/xml; charset=utf-8")


def _verify_outbound(settings: SalesforceSettings, message: Message) -> None:
    """An Outbound Message has no signature: the URL's secret and the org's id stand in for one."""
    secrets = settings.webhook.path_secrets
    if not secrets or settings.organization_id is None:
        raise Unconfigured(f"{message.connection}: set webhook.path_secrets and organization_id")
    given = (message.path_secret or "").encode("utf-8", "replace")
    if not _matches(secrets, lambda secret: hmac.compare_digest(secret, given)):
        raise Unverified(f"{message.connection}: the URL's secret segment is wrong or missing")
    try:
        organization = payloads.organization(soap.document(message.body))
    except Malformed as error:
        raise Unverified(f"{message.connection}: no OrganizationId can be read: {error}") from error
    if not same_id(organization, settings.organization_id):
        raise Unverified(f"{message.connection}: the message is from another org")


def _verify_callout(settings: SalesforceSettings, message: Message, now: datetime) -> None:
    secrets = settings.webhook.callout_secrets
    if not secrets:
        raise Unconfigured(f"{message.connection}: set webhook.callout_secrets to take callouts")
    timestamp = message.headers.get(TIMESTAMP_HEADER, "")
    if not _SECONDS.fullmatch(timestamp):
        raise Unverified(f"{message.connection}: X-Signature-Timestamp must be epoch seconds")
    given = _signatures(message.headers.get(SIGNATURE_HEADER, ""))
    if not given:
        raise Unverified(f"{message.connection}: X-Signature must read v1=<hex>")
    signed = timestamp.encode() + b"." + message.body
    if not _matches(secrets, lambda secret: _signs(secret, signed, given)):
        raise Unverified(f"{message.connection}: X-Signature does not match the body")
    if abs(now.timestamp() - int(timestamp)) > settings.webhook.tolerance.total_seconds():
        raise Unverified(f"{message.connection}: X-Signature-Timestamp is too old or ahead of us")


def _matches(secrets: Sequence[SecretRef], fits: Callable[[bytes], bool]) -> bool:
    """Whether any secret fits. A secret that cannot be read is our fault, if no other fits."""
    unreadable: Unconfigured | None = None
    for reference in secrets:
        try:
            secret = reference.reveal().encode("utf-8", "replace")
        except Unconfigured as error:
            unreadable = error
            continue
        if fits(secret):
            return True
    if unreadable is not None:
        raise unreadable
    return False


def _signs(secret: bytes, signed: bytes, given: Sequence[bytes]) -> bool:
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest().encode()
    return any(hmac.compare_digest(expected, signature) for signature in given)


def _signatures(header: str) -> list[bytes]:
    """`v1=` values; a sender in the middle of a rotation may give several."""
    parts = re.split(r"[ ,]+", header.strip())
    return [
        part[3:].lower().encode("utf-8", "replace")
        for part in parts
        if part.startswith("v1=") and len(part) > 3
    ]


def _outbound_key(message: Message) -> str:
    try:
        outbound = payloads.outbound_message(message.body)
    except Malformed:
        return _digest("body", message.body)
    ids = sorted(notice.id for notice in outbound.notifications)
    return _digest("outbound", outbound.organization_id[:15], outbound.action_id[:15], *ids)


def _callout_id(message: Message) -> str:
    try:
        value = payloads.json_value(message.body)
    except Malformed:
        return ""
    if changes.is_change_event(value):
        return changes.event_id(value)
    return payloads.event_id(value)


def _translate_outbound(settings: SalesforceSettings, message: Message) -> Translation:
    outbound = payloads.outbound_message(message.body)
    shown = [notice for notice in outbound.notifications if notice.record_id]
    return Translation(
        event_type="salesforce.outbound_message",
        snapshots=tuple(of_notification(settings, message, notice) for notice in shown),
        ignored="" if shown else "the records were deleted before the message was sent",
    )


def _digest(*parts: str | bytes) -> str:
    """A hash of the parts with their lengths, so that no two lists of parts read the same."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()
