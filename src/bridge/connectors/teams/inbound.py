"""The way in: an Outgoing Webhook of a team, verified and kept; no command is defined yet.

Teams waits 5 seconds for the answer, shows it in the channel, and never sends a message again.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple

import orjson

from bridge.connectors.contract import Acknowledgement, Inbound, Message, Translation
from bridge.connectors.teams.payloads import Activity, activity
from bridge.connectors.teams.settings import TeamsSettings, WebhookSettings
from bridge.errors import Malformed, Unconfigured, Unverified
from bridge.secret import SecretRef

MAX_BODY_BYTES = 256_000  # a Teams message is about 100 KB at most
REPLY = "Received. Bridge has no commands here yet."
NO_COMMAND = "no command is defined for messages from Teams yet"
_SCHEME = "hmac "


class _Tokens(NamedTuple):
    keys: tuple[bytes, ...]
    faults: tuple[str, ...]


def verify(settings: TeamsSettings, message: Message, now: datetime) -> None:
    """HMAC-SHA256 over the raw body, then sender and age, which the body alone tells."""
    if settings.webhook is None:
        raise Unconfigured(f"{message.connection}: no webhook is configured on this connection")
    _verify_signature(settings.webhook, message)
    try:
        said = activity(message.body)
    except Malformed:
        return  # it is from Teams, so it is kept; `translate` marks it bad
    _verify_sender(settings.webhook, said)
    _verify_age(settings.webhook, said, now)


def unproven(settings: TeamsSettings, message: Message) -> bool:
    """No HMAC in Authorization: no token can fit."""
    said = message.headers.get("authorization", "")
    return settings.webhook is not None and not said.lower().startswith(_SCHEME)


def dedupe_key(settings: TeamsSettings, message: Message) -> str:
    """The activity's id, which is unique in its conversation; else a hash of what was signed."""
    try:
        said = activity(message.body)
    except Malformed:
        said = None
    if said is None or not said.id:
        return f"sha256:{hashlib.sha256(message.body).hexdigest()}"
    return f"activity:{said.conversation.id}/{said.id}"


def translate(settings: TeamsSettings, message: Message) -> Translation:
    """Raises Malformed. Whatever else came is kept and ignored, on purpose."""
    said = activity(message.body)
    return Translation(event_type=f"teams.{said.type}", ignored=NO_COMMAND)


def acknowledge(settings: TeamsSettings, message: Message) -> Acknowledgement:
    """What appears in the channel as the webhook's reply."""
    return Acknowledgement(status=200, body=orjson.dumps({"type": "message", "text": REPLY}))


def signature(token: str, body: bytes) -> bytes:
    """The base64 text that Teams sends. The key is the *decoded* token. Raises ValueError."""
    key = base64.b64decode(token, validate=True)
    if not key:
        raise ValueError("the token is empty")
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())


def _verify_signature(webhook: WebhookSettings, message: Message) -> None:
    given = message.headers.get("authorization", "")
    expected, faults = _signatures(webhook.secrets, message.body)
    claimed = given[len(_SCHEME) :].strip() if given.lower().startswith(_SCHEME) else ""
    matches = [hmac.compare_digest(each, claimed.encode()) for each in expected]
    if any(matches):
        return
    if faults:
        raise Unconfigured(f"{message.connection}: {faults[0]}")
    raise Unverified(f"{message.connection}: the HMAC in Authorization does not match the body")


def _signatures(secrets: tuple[SecretRef, ...], body: bytes) -> _Tokens:
    signatures, faults = [], []
    for secret in secrets:
        try:
            signatures.append(signature(secret.reveal(), body))
        except Unconfigured as error:
            faults.append(str(error))
        except (binascii.Error, ValueError):
            faults.append(f"secret {secret} is not the base64 token that Teams showed")
    return _Tokens(tuple(signatures), tuple(faults))


def _verify_sender(webhook: WebhookSettings, said: Activity) -> None:
    if said.tenant not in webhook.tenants:
        raise Unverified("the message is from a tenant that webhook.tenants does not name")
    if webhook.teams and said.channel_data.team_id not in webhook.teams:
        raise Unverified("the message is from a team that webhook.teams does not name")


def _verify_age(webhook: WebhookSettings, said: Activity, now: datetime) -> None:
    if said.timestamp is None:
        raise Unverified("the message has no timestamp, so its age cannot be known")
    if abs(now - said.timestamp) > webhook.tolerance:
        raise Unverified("the message's timestamp is outside webhook.tolerance")


INBOUND = Inbound[TeamsSettings](
    verify=verify,
    dedupe_key=dedupe_key,
    translate=translate,
    acknowledge=acknowledge,
    max_bytes=MAX_BODY_BYTES,
    unproven=unproven,
)
