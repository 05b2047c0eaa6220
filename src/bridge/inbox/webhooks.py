"""`POST /webhooks/{connection}`: verify, keep, acknowledge. Nothing else happens in the request.

An ASGI middleware and not a route: what a framework does for a route (parameters, models, exits)
costs more than verifying and keeping a message do.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import structlog
from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.clock import Clock
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import Inbound, Message
from bridge.errors import Unconfigured, Unverified
from bridge.inbox.store import Arrival, Kept
from bridge.inbox.writer import Writer

PREFIX = "/webhooks/"
MOST_SLASHES = 3  # one more for the secret that Salesforce has in its path
READ_SECONDS = 20.0  # Jira gives up after 20 s
STORE_SECONDS = 15.0
IN_THREAD_BYTES = 256_000  # a body larger than this is verified off the event loop
AT_FAULT = 503
_SAID = {
    400: "the connection ended before the body did",
    401: "no valid secret of this connection fits the message",
    404: "no connection of this name takes messages",
    405: "messages come by POST",
    408: "the body did not arrive in time",
    413: "the body is larger than this sender's own maximum",
    AT_FAULT: "the message is not stored; the fault is ours: send it again",
}

log = structlog.get_logger()


class Doorkeeper(Protocol):
    """What the app hands to this route: connections, the writer, and who hears of trouble."""

    writer: Writer
    clock: Clock
    in_flight_bytes: int
    read_seconds: float  # a body must be here within these

    @property
    def connections(self) -> Connections:
        """By name."""

    @property
    def max_in_flight_bytes(self) -> int:
        """More than this at once is too much for one process."""

    def at_fault(self, connection: str, reason: str) -> None:
        """Raise the alarm."""

    def received(self, connection: str, result: str) -> None:
        """Count a message."""

    def accepted(self, seconds: float) -> None:
        """Measure how long a message took from its last byte until it was durable."""


class Refused(Exception):
    """An answer that is not an acknowledgement."""

    def __init__(self, status: int, result: str, reason: str = "") -> None:
        super().__init__(reason)
        self.status, self.result, self.reason = status, result, reason


class Webhooks:
    """`app.add_middleware(Webhooks, door=…)`: takes what is posted below `/webhooks/`, and no more."""

    def __init__(self, app: ASGIApp, *, door: Doorkeeper) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        connection, _, secret = scope["path"].removeprefix(PREFIX).partition("/")
        request = Request(scope, receive)
        answer = await _answer(self._door, request, connection, secret or None)
        await answer(scope, receive, send)


async def _answer(
    door: Doorkeeper, request: Request, connection: str, secret: str | None
) -> Response:
    """503 when we are at fault, so that the sender tries again; 401 only for a wrong signature."""
    try:
        connected = _connected(door, connection, request)
        return await _take(door, connected, request, secret)
    except Refused as refused:
        return _refusal(door, connection, refused)
    except Exception as error:
        log.exception("inbox.bug", connection=connection)
        reason = f"a bug while a message was taken: {type(error).__name__}; see the log"
        return _refusal(door, connection, Refused(AT_FAULT, "bug", reason))


def _refusal(door: Doorkeeper, connection: str, refused: Refused) -> Response:
    known = refused.status != 404 and connection in door.connections
    door.received(connection if known else "unknown", refused.result)
    if refused.status == AT_FAULT:
        door.at_fault(connection, refused.reason)
    allow = {"allow": "POST"} if refused.status == 405 else None
    return Response(f"{_SAID[refused.status]}\n", refused.status, allow, media_type="text/plain")


async def _take(
    door: Doorkeeper, connected: Connected, request: Request, secret: str | None
) -> Response:
    inbound = _inbound(connected)
    envelope = Message(
        connection=connected.name,
        headers=_headers(request.scope),
        body=b"",
        received_at=door.clock.now(),
        path_secret=secret,
    )
    if inbound.unproven(connected.settings, envelope):
        log.warning("inbox.unverified", connection=connected.name, reason="nothing proves it")
        raise Refused(401, "unverified")
    with _in_flight(door) as hold:
        body = await _body(door, inbound, request, hold)
        message = replace(envelope, body=body, received_at=door.clock.now())
        started = door.clock.monotonic()
        kept = await _keep(door, connected, message)
    door.accepted(door.clock.monotonic() - started)
    door.received(connected.name, "kept" if kept.new else "again")
    answer = inbound.acknowledge(connected.settings, message)
    return Response(answer.body, answer.status, media_type=answer.content_type)


@contextmanager
def _in_flight(door: Doorkeeper) -> Iterator[Callable[[int], None]]:
    """Counts the bytes that one request holds in memory, until it is answered."""
    held = 0

    def hold(more: int) -> None:
        nonlocal held
        held += more
        door.in_flight_bytes += more

    try:
        yield hold
    finally:
        door.in_flight_bytes -= held


async def _body(
    door: Doorkeeper, inbound: Inbound[Any], request: Request, hold: Callable[[int], None]
) -> bytes:
    """All of it. What a sender says of its length can only get it refused earlier."""
    _check_size(door, inbound, _declared(request))
    body = bytearray()
    try:
        async with asyncio.timeout(door.read_seconds):
            async for chunk in request.stream():
                hold(len(chunk))
                _check_size(door, inbound, len(body) + len(chunk))
                body += chunk
    except TimeoutError as error:
        raise Refused(408, "slow") from error
    except ClientDisconnect as error:
        raise Refused(400, "broken_off") from error
    return bytes(body)


async def _keep(door: Doorkeeper, connected: Connected, message: Message) -> Kept:
    key = await _verified(connected, message)
    private = _inbound(connected).credentials(connected.settings)
    future = door.writer.submit(
        Arrival(message=message, dedupe_key=key, private_headers=frozenset(private))
    )
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await asyncio.wrap_future(future)
    except Exception as error:
        raise Refused(AT_FAULT, "not_stored", "the database did not take a message") from error


async def _verified(connected: Connected, message: Message) -> str:
    """The dedupe key of a message whose sender is who it says it is."""

    def check() -> str:
        inbound = _inbound(connected)
        inbound.verify(connected.settings, message, message.received_at)
        return inbound.dedupe_key(connected.settings, message)

    try:
        if len(message.body) > IN_THREAD_BYTES:
            return await asyncio.to_thread(check)
        return check()
    except Unverified as error:
        log.warning("inbox.unverified", connection=connected.name, reason=str(error))
        raise Refused(401, "unverified") from error
    except Unconfigured as error:
        raise Refused(AT_FAULT, "unconfigured", str(error)) from error
    except Exception as error:
        log.exception("inbox.bug", connection=connected.name)
        reason = f"a bug while a message was verified: {type(error).__name__}; see the log"
        raise Refused(AT_FAULT, "bug", reason) from error


def _headers(scope: Scope) -> dict[str, str]:
    """By name, which ASGI gives in small letters. Of one sent twice the last counts."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _connected(door: Doorkeeper, name: str, request: Request) -> Connected:
    if request.method != "POST":
        raise Refused(405, "method")
    connected = door.connections.get(name)
    if connected is None or request.scope["path"].count("/") > MOST_SLASHES:
        raise Refused(404, "unknown")
    return connected


def _inbound(connected: Connected) -> Inbound[Any]:
    if connected.connector.inbound is None:
        raise Refused(404, "unknown")
    return connected.connector.inbound


def _declared(request: Request) -> int:
    """Content-Length, 0 when there is none that can be read."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def _check_size(door: Doorkeeper, inbound: Inbound[Any], size: int) -> None:
    if size > inbound.max_bytes:
        raise Refused(413, "too_large")
    if door.in_flight_bytes > door.max_in_flight_bytes:
        raise Refused(AT_FAULT, "overloaded", "too many bytes are in flight")
