"""Who listens to alarms in these tests, and their addresses as `bridge.yaml` has them."""

import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alarms.mailbox import Mailbox
from bridge.settings import AlarmAddress

Tell = Callable[..., str | None]
Secrets = dict[str, str]
KEY = base64.b64encode(b"thirty-two bytes of a secret key").decode()


@dataclass(frozen=True)
class Tls:
    """Both sides of a connection that trusts one certificate made for 127.0.0.1."""

    server: ssl.SSLContext
    client: ssl.SSLContext


class Channels:
    """Teams as alarms see it: takes cards, or is away."""

    def __init__(self) -> None:
        self.cards: list[tuple[str, str, str, str, str]] = []
        self.away = False

    def post(self, connection: str, channel: str, title: str, text: str, link: str) -> None:
        if self.away:
            raise RuntimeError("https://prod.example.com/?sig=hunter2")
        self.cards.append((connection, channel, title, text, link))


def addresses(*raw: dict[str, Any]) -> list[AlarmAddress]:
    return [AlarmAddress.model_validate(item) for item in raw]


def smtp(mailbox: Mailbox, **more: Any) -> dict[str, Any]:
    return {
        "smtp": {
            "host": "127.0.0.1",
            "port": mailbox.port,
            "from": "bridge@example.com",
            "to": ["anna@example.com", "ben@example.com"],
            "tls": "none",
        }
        | more
    }


WEBHOOK = {"webhook": {"url": "env:ALARM_URL", "secret": "env:ALARM_KEY"}}
TEAMS = {"teams": {"connection": "teams", "channel": "alerts"}}
