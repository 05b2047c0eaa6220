"""An Outgoing Webhook of a team: somebody mentions it, Teams calls, and shows the answer.

Teams signs with the base64-decoded token, waits 5 seconds, and never calls again.
"""

import base64
import hashlib
import hmac
import json
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

PATIENCE_SECONDS = 5.0
TEAM = "19:bbbb@thread.tacv2"
TENANT = "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True, kw_only=True)
class OutgoingWebhook:
    """What the team's owner set up. `token` is base64, as Teams showed it once."""

    url: str
    token: str = field(repr=False)
    name: str = "Bridge"
    team: str = TEAM
    tenant: str = TENANT


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the channel shows; `status` 0: no answer came in time."""

    status: int
    text: str = ""


def signed(webhook: OutgoingWebhook, body: bytes) -> str:
    """The Authorization header."""
    key = base64.b64decode(webhook.token, validate=True)
    return f"HMAC {base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()}"


def activity(
    webhook: OutgoingWebhook, text: str, *, person: str, channel: str, number: int, at: datetime
) -> bytes:
    """The body of one mention, unique by `number`."""
    sent = at + timedelta(milliseconds=number)
    moment = int(sent.timestamp() * 1000)
    conversation = f"19:{channel}@thread.tacv2"
    said: dict[str, Any] = {
        "type": "message",
        "id": str(moment),
        "timestamp": _iso(at),
        "localTimestamp": _iso(at),
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:1sim", "name": person, "aadObjectId": TENANT},
        "conversation": {
            "isGroup": True,
            "conversationType": "channel",
            "tenantId": webhook.tenant,
            "id": f"{conversation};messageid={moment}",
            "name": channel,
        },
        "recipient": None,
        "textFormat": "plain",
        "locale": "en-GB",
        "text": f"<at>{webhook.name}</at> {text}\n",
        "entities": [{"type": "clientInfo", "locale": "en-GB", "platform": "Web"}],
        "channelData": _channel_data(webhook, conversation),
    }
    return json.dumps(said, ensure_ascii=False).encode()


def _channel_data(webhook: OutgoingWebhook, conversation: str) -> dict[str, Any]:
    return {
        "teamsChannelId": conversation,
        "teamsTeamId": webhook.team,
        "channel": {"id": conversation},
        "team": {"id": webhook.team},
        "tenant": {"id": webhook.tenant},
    }


def call(webhook: OutgoingWebhook, body: bytes) -> Reply:
    """One call, answered within 5 seconds or not at all."""
    headers = {"authorization": signed(webhook, body), "content-type": "application/json"}
    with httpx.Client(
        timeout=PATIENCE_SECONDS, trust_env=False, verify=ssl.create_default_context()
    ) as client:
        try:
            answer = client.post(webhook.url, content=body, headers=headers)
        except httpx.HTTPError:
            return Reply(status=0)
    return Reply(status=answer.status_code, text=_text(answer))


def _text(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("text", "")) if isinstance(body, dict) else ""


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
