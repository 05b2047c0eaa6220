"""Any system that signs JSON: it is heard, and cannot be written to."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.connectors.checking import CheckResult
from bridge.connectors.contract import Connector, Inbound
from bridge.connectors.generic.inbound import MAX_BYTES, acknowledge, translate
from bridge.connectors.generic.settings import GenericSettings
from bridge.connectors.generic.signature import dedupe_key, unproven, verify
from bridge.errors import Unconfigured
from bridge.http import Http


@dataclass(frozen=True)
class Listener:
    """Nothing is called; there is only what was set."""

    settings: GenericSettings


def connect(name: str, settings: GenericSettings, http: Http) -> Listener:
    """Makes no call, now or later."""
    return Listener(settings)


def hosts(settings: GenericSettings) -> Sequence[str]:
    return ()


def check(client: Listener) -> Sequence[CheckResult]:
    """Whether somebody can be let in."""
    secrets = client.settings.webhook.secrets
    remedy = "set webhook.secrets to env:NAME or file:PATH"
    if not secrets:
        return [CheckResult(name="webhook secret", ok=False, detail="none is set", remedy=remedy)]
    try:
        readable = len([secret.reveal() for secret in secrets])
    except Unconfigured as error:
        return [CheckResult(name="webhook secret", ok=False, detail=str(error), remedy=remedy)]
    return [CheckResult(name="webhook secret", ok=True, detail=f"{readable} readable")]


CONNECTOR = Connector[GenericSettings, Listener](
    name="generic",
    settings=GenericSettings,
    connect=connect,
    hosts=hosts,
    inbound=Inbound(
        verify=verify,
        dedupe_key=dedupe_key,
        translate=translate,
        acknowledge=acknowledge,
        max_bytes=MAX_BYTES,
        unproven=unproven,
    ),
    actions=(),
    check=check,
)

__all__ = ["CONNECTOR"]
