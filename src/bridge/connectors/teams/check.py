"""What `bridge doctor` asks of a Teams connection. No card is sent: `bridge channels test` does that."""

import socket
from collections.abc import Sequence

from bridge.connectors.checking import CheckResult
from bridge.connectors.teams.client import TeamsClient
from bridge.connectors.teams.inbound import signature
from bridge.connectors.teams.settings import WebhookSettings, channel_address
from bridge.errors import SettingError, Unconfigured
from bridge.secret import SecretRef


def check(client: TeamsClient) -> Sequence[CheckResult]:
    """One line per channel and per token; what only a card could prove is said to be unproved."""
    channels = [_channel(client, name) for name in client.settings.channels]
    tokens = _tokens(client.settings.webhook)
    return (*channels, *tokens) or (_nothing(),)


def _channel(client: TeamsClient, name: str) -> CheckResult:
    line = f"channel {name}"
    try:
        where = channel_address(client.settings, name)
    except Unconfigured as error:
        remedy = "put the flow's URL into this secret"
        return CheckResult(name=line, ok=False, detail=str(error), remedy=remedy)
    except SettingError as error:
        detail, _, remedy = str(error).partition("; ")
        return CheckResult(name=line, ok=False, detail=detail, remedy=remedy)
    try:
        socket.getaddrinfo(where.host, where.port)
    except (OSError, UnicodeError):  # a label over 63 characters is the latter
        return CheckResult(
            name=line,
            ok=False,
            detail=f"host {where.host} has no address",
            remedy="see that this machine resolves names, and that the URL was copied whole",
        )
    return CheckResult(
        name=line, ok=True, detail=f"URL is right; `bridge channels test {name}` sends a card"
    )


def _tokens(webhook: WebhookSettings | None) -> tuple[CheckResult, ...]:
    return tuple(_token(secret) for secret in webhook.secrets) if webhook else ()


def _token(secret: SecretRef) -> CheckResult:
    line = f"webhook token {secret}"
    try:
        signature(secret.reveal(), b"")
    except (Unconfigured, ValueError):
        return CheckResult(
            name=line,
            ok=False,
            detail="is not there, or not base64",
            remedy="put in the token that Teams showed when the webhook was made;"
            " it is shown once, so make the webhook anew if it is lost",
        )
    return CheckResult(name=line, ok=True, detail="can be read")


def _nothing() -> CheckResult:
    return CheckResult(
        name="channels",
        ok=False,
        detail="no channel and no webhook is configured",
        remedy="name a channel under channels: in bridge.yaml",
    )
