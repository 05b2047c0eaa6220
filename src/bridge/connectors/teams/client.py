"""The one call we make: a card to a channel's Workflows URL.

202 means that a run has begun, not that a card is shown; no message id comes back.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import orjson

from bridge.canonical.text import cut
from bridge.connectors.limits import retry_after
from bridge.connectors.teams.settings import TeamsSettings, channel_address, hosts
from bridge.connectors.teams.url import Address
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    PermanentError,
    SettingError,
    TransientError,
    Unconfigured,
)
from bridge.http import Http

ACCEPTED = 202
RUN_ID_HEADER = "x-ms-workflow-run-id"
MAX_SAID_CHARS = 300
REMEDY = {
    400: 'see that the flow is turned on and that its trigger is the one named "When a Teams'
    ' webhook request is received", as the template made it',
    404: "the flow was deleted or moved: copy its new URL into the channel's secret",
    410: "the flow is gone: make a new one and put its URL into the channel's secret",
    413: "the card is too large",
}
_CREDENTIALS = "put the flow's present URL into the channel's secret, and let \"Anyone\" trigger it"
_LEGACY = re.compile(r"returned HTTP error (\d{3})")  # a retired service's 200 that means failure
_SECRET = re.compile(r"https?://\S+|\bsig=[^&\s\"']+")


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What a flow answered. `run_id` finds the run in Power Automate; it may be empty."""

    status: int
    run_id: str = ""


class TeamsClient(Protocol):
    """What actions and checks ask of Teams."""

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> TeamsSettings: ...
    def post(self, channel: str, message: bytes) -> Posted: ...


class WorkflowsClient:
    """Posts to the channels of one connection."""

    def __init__(self, name: str, settings: TeamsSettings, http: Http) -> None:
        self.name = name
        self.settings = settings
        self._http = http
        self._hosts = _hosts(settings)

    def take(self, settings: TeamsSettings) -> None:
        """Other channels, from the next card on."""
        self.settings, self._hosts = settings, _hosts(settings)

    def post(self, channel: str, message: bytes) -> Posted:
        """One POST, never repeated here. Raises every kind of `DeliveryError`."""
        where = self._address(channel)
        response = self._http.send(_request(where, message), part=order_of(channel))
        _judge(channel, response)
        return Posted(
            status=response.status_code, run_id=response.headers.get(RUN_ID_HEADER, "")[:100]
        )

    def _address(self, channel: str) -> Address:
        """A missing, wrong or new URL is bad credentials: its cards are kept until somebody mends it."""
        if channel not in self.settings.channels:
            raise PermanentError(_unknown(channel, self.settings), code="unknown_channel")
        try:
            where = channel_address(self.settings, channel)
        except (Unconfigured, SettingError) as error:
            raise CredentialError(
                f"{self.name}: channel {channel}: {error}", code="url", part=order_of(channel)
            ) from error
        if where.host not in self._hosts:
            raise CredentialError(
                f"{self.name}: channel {channel}: its URL leads to a host that was not known when"
                " Bridge started; restart Bridge",
                code="url",
                part=order_of(channel),
            )
        return where


def connect(name: str, settings: TeamsSettings, http: Http) -> TeamsClient:
    """The client of one connection; `http` must be built with `secret_path=True`."""
    return WorkflowsClient(name, settings, http)


def renew(client: TeamsClient, settings: TeamsSettings) -> None:
    """Give a client at work its new channels."""
    assert isinstance(client, WorkflowsClient)
    client.take(settings)


def order_of(channel: str) -> str:
    """A channel's cards go in order; its URL is a credential of its own, so it is paused alone."""
    return f"channel:{channel}"


def _hosts(settings: TeamsSettings) -> frozenset[str]:
    return frozenset({*hosts(settings), *(host.lower() for host in settings.allow_hosts)})


def _request(where: Address, message: bytes) -> httpx.Request:
    """httpx drops `:443` and may requote a query, so both go out as the bytes that were given."""
    return httpx.Request(
        "POST",
        where.url,
        content=message,
        headers={
            "host": where.netloc,
            "content-type": "application/json; charset=utf-8",
            "user-agent": "bridge",
        },
        extensions={"target": where.target.encode("ascii")},
    )


def _judge(channel: str, response: httpx.Response) -> None:
    """Raise what the answer means, unless it means that the card was taken."""
    status = refused_status(response)
    if 200 <= status < 300:
        return
    code, said = _error(response)
    code = code or str(status)
    text = f"channel {channel}: answered {status}{said}"
    match status:
        case 401 | 403:
            raise CredentialError(f"{text}; {_CREDENTIALS}", code=code, part=order_of(channel))
        case 408 | 429:
            raise TransientError(text, code=code, retry_after=retry_after(response.headers))
        case _ if status >= 500:
            raise AmbiguousOutcome(f"{text}; the run may have begun", code=code)
        case _:
            remedy = REMEDY.get(status, "see the flow's run history in Power Automate")
            raise PermanentError(f"{text}; {remedy}", code=code)


def refused_status(response: httpx.Response) -> int:
    """Its status, or the one that its body owns up to."""
    legacy = _LEGACY.search(response.text) if response.status_code == 200 else None
    return int(legacy[1]) if legacy else response.status_code


def _error(response: httpx.Response) -> tuple[str, str]:
    """The vendor's code, and its words behind a colon, without anything that looks like a URL."""
    try:
        body: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return "", ""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    said = _SECRET.sub("[hidden]", str(error.get("message") or ""))
    code = cut(str(error.get("code") or ""), 80)
    return code, f" {code}: {cut(said, MAX_SAID_CHARS)}"


def _unknown(channel: str, settings: TeamsSettings) -> str:
    known = ", ".join(sorted(settings.channels)) or "none"
    return f"no channel {channel!r} on this connection; there are: {known}"
