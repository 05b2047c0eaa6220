"""A signed link: it lets one person choose about one hold until a time. Pure.

What it says stands in it, with an HMAC-SHA256 over all of that. Who changes a letter has a link that
opens nothing.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

LONGEST = 2_000  # characters
_DIGEST = 32  # bytes


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """`take`: the one connection whose value may be taken; empty: either. `who`: the person it is for."""

    hold: str
    take: str
    who: str
    expires_at: datetime


def sign(secret: str, ticket: Ticket) -> str:
    """The token of a link."""
    said = [ticket.hold, ticket.take, ticket.who, int(ticket.expires_at.timestamp())]
    body = orjson.dumps(said)
    return base64.urlsafe_b64encode(_mac(secret, body) + body).decode().rstrip("=")


def read(secret: str, token: str, *, now: datetime) -> Ticket | None:
    """What a token says. `None`: it is not ours, or over."""
    try:
        raw = base64.urlsafe_b64decode(token[:LONGEST] + "=" * (-len(token[:LONGEST]) % 4))
    except (binascii.Error, ValueError):
        return None
    mac, body = raw[:_DIGEST], raw[_DIGEST:]
    if not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    hold, take, who, until = orjson.loads(body)
    expires_at = datetime.fromtimestamp(until, UTC)
    return (
        Ticket(hold=hold, take=take, who=who, expires_at=expires_at) if now < expires_at else None
    )


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"bridge.decide." + body, hashlib.sha256)
