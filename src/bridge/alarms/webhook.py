"""Alarms to a URL, signed as Standard Webhooks asks."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlsplit

import orjson

from bridge.alarms.alarm import Alarm
from bridge.canonical.ids import stable_id
from bridge.errors import PermanentError, Unconfigured
from bridge.http import Http
from bridge.settings import WebhookAlarm

DEADLINE_SECONDS = 15.0  # Standard Webhooks advises 15 to 30
MIN_KEY_BYTES = 24
_PREFIX = "whsec_"


def post(alarm: Alarm, to: WebhookAlarm, *, now: datetime) -> None:
    """One POST. Raises a BridgeError when it was not taken; the same alarm always has the same id."""
    url, body = to.address(), _body(alarm)
    identity = stable_id("msg", alarm.key, alarm.state, alarm.since.isoformat())
    signature = sign(to.secret.reveal(), body, identity=identity, timestamp=int(now.timestamp()))
    http = Http(
        "alarms",
        allow_hosts=frozenset({urlsplit(url).hostname or ""}),
        deadline=DEADLINE_SECONDS,
        secret_path=True,
    )
    headers = {
        "content-type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    try:
        answer = http.request("POST", url, content=body, headers=headers)
    finally:
        http.close()
    if not answer.is_success:
        raise PermanentError("the receiver did not take it", code=str(answer.status_code))


def sign(secret: str, body: bytes, *, identity: str, timestamp: int) -> str:
    """`v1,<base64>` over `{id}.{timestamp}.{body}`. Raises Unconfigured for a secret of no use."""
    content = b".".join((identity.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(_key(secret), content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unconfigured("the secret of a webhook is whsec_ and base64") from error
    if len(key) < MIN_KEY_BYTES:
        raise Unconfigured(f"the secret of a webhook has {MIN_KEY_BYTES} random bytes at least")
    return key


def _body(alarm: Alarm) -> bytes:
    data = alarm.model_dump(mode="json", exclude={"seq", "said", "said_at", "address", "failures"})
    return orjson.dumps(
        {
            "type": f"bridge.alarm.{alarm.state}",
            "timestamp": data["since"],
            "data": data | {"subject": alarm.subject},
        }
    )
