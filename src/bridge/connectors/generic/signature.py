"""Two ways to sign a message and its time: Standard Webhooks, and a plain header with a hex HMAC."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bridge.connectors.contract import Message
from bridge.connectors.generic.settings import GenericSettings
from bridge.errors import Unconfigured, Unverified

WHSEC = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Signed:
    """What a message claims: when it was signed, what was signed, and the signatures given."""

    timestamp: str
    content: bytes
    given: Collection[str]
    show: Callable[[bytes], str]  # a digest as this form writes it


def verify(settings: GenericSettings, message: Message, now: datetime) -> None:
    """Raise Unverified, or Unconfigured where the fault may be ours."""
    if not settings.webhook.secrets:
        raise Unconfigured("no secret is set; set webhook.secrets of this connection")
    signed = _signed(message)
    if not _SECONDS.fullmatch(signed.timestamp):
        raise Unverified("the timestamp is not in seconds since 1970")
    if abs(now.timestamp() - int(signed.timestamp)) > settings.webhook.tolerance.total_seconds():
        raise Unverified("the timestamp is too old or ahead of us")
    _check_any(settings, signed)


def unproven(settings: GenericSettings, message: Message) -> bool:
    """Neither form of a signature: no secret can fit."""
    headers = message.headers
    signed = "webhook-signature" in headers or "x-signature" in headers
    return bool(settings.webhook.secrets) and not signed


def dedupe_key(settings: GenericSettings, message: Message) -> str:
    """The sender's id, else a hash of body and timestamp: both are signed."""
    identifier = message.headers.get("webhook-id", "").strip()
    if identifier:
        return f"id:{identifier}"
    timestamp = message.headers.get("x-signature-timestamp", "").encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(timestamp + b'.' + message.body).hexdigest()}"


def _signed(message: Message) -> _Signed:
    headers, body = message.headers, message.body
    if "webhook-signature" in headers:
        timestamp = headers.get("webhook-timestamp", "")
        content = f"{headers.get('webhook-id', '')}.{timestamp}.".encode("utf-8", "replace") + body
        given = [one[3:] for one in headers["webhook-signature"].split() if one.startswith("v1,")]
        return _Signed(timestamp=timestamp, content=content, given=given, show=_base64)
    if "x-signature" in headers:
        timestamp = headers.get("x-signature-timestamp", "")
        content = timestamp.encode("utf-8", "replace") + b"." + body
        parts = (one.strip() for one in headers["x-signature"].split(","))
        given = [one[3:].lower() for one in parts if one.startswith("v1=")]
        return _Signed(timestamp=timestamp, content=content, given=given, show=bytes.hex)
    raise Unverified("the message carries neither webhook-signature nor x-signature")


def _check_any(settings: GenericSettings, signed: _Signed) -> None:
    """A secret of ours that cannot be read may be the right one: that is no 401."""
    unread: Unconfigured | None = None
    for secret in settings.webhook.secrets:
        try:
            key = _key(secret.reveal())
        except Unconfigured as error:
            unread = error
            continue
        expected = signed.show(hmac.new(key, signed.content, hashlib.sha256).digest()).encode()
        if any(
            hmac.compare_digest(one.encode("utf-8", "replace"), expected) for one in signed.given
        ):
            return
    if unread is not None:
        raise unread
    raise Unverified("no valid secret matches")


def _key(secret: str) -> bytes:
    if not secret.startswith(WHSEC):
        return secret.encode("utf-8", "replace")
    try:
        key = base64.b64decode(secret.removeprefix(WHSEC), validate=True)
    except binascii.Error as error:
        raise Unconfigured("a secret starts with whsec_ but holds no base64") from error
    if not key:
        raise Unconfigured("a secret is whsec_ and nothing more")
    return key


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
