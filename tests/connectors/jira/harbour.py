"""An invented site: its settings, and messages as it would send them."""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bridge.connectors.contract import Message
from bridge.connectors.jira.settings import JiraSettings
from clocks import START

URL = "https://harbour.atlassian.net"
OUR_ACCOUNT = "712021:b07a"
SECRET = "It's a Secret to Everybody"
NEXT_SECRET = "hook-secret-2"
AUTOMATION_SECRET = "automation-secret"
SECRETS = {
    "JIRA_TOKEN": "token-1",
    "JIRA_HOOK": SECRET,
    "JIRA_HOOK_NEXT": NEXT_SECRET,
    "JIRA_AUTOMATION": AUTOMATION_SECRET,
    "JIRA_BASIC": "basic-pass",
}
SAMPLES = Path(__file__).parent / "samples"


def settings_of(**changes: Any) -> JiraSettings:
    values: dict[str, Any] = {
        "system": "jira",
        "url": URL,
        "email": "bridge@harbour.example",
        "token": "env:JIRA_TOKEN",
        "account_id": OUR_ACCOUNT,
        "webhook": {"secrets": ["env:JIRA_HOOK", "env:JIRA_HOOK_NEXT"]},
    }
    return JiraSettings.model_validate(values | changes)


def sample(name: str) -> Any:
    return orjson.loads((SAMPLES / f"{name}.json").read_bytes())


def unsigned(body: bytes | Mapping[str, Any], **headers: str) -> Message:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Message(
        connection="jira",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=raw,
        received_at=START,
    )


def signed(body: bytes | Mapping[str, Any], *, secret: str = SECRET, **headers: str) -> Message:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return unsigned(raw, x_hub_signature=f"sha256={digest}", **headers)
