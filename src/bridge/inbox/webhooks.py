"""`POST /webhooks/{connection}`: verify, keep, acknowledge. Nothing else happens in the request."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from fastapi import APIRouter, Request, Response

from bridge.clock import Clock
from bridge.connectors.connected import Connected, Connections
from bridge.connectors.contract import Inbound, Message
from bridge.errors import Unconfigured, Unverified
from bridge.inbox.store import Arrival, Kept
from bridge.inbox.writer import Writer

READ_SECONDS = 20.0  # Jira gives up after 20 s
STORE_SECONDS = 15.0
IN_THREAD_BYTES = 256_000  # a body larger than this is verified off the event loop

log = structlog.get_logger()
router = APIRouter()


class Doorkeeper(Protocol):
    """What the app hands to this route: connections, the writer, and who hears of trouble."""

    connections: Connections
    writer: Writer
    clock: Clock
    max_in_flight_bytes: int
    in_flight_bytes: int
    at_fault: Callable[[str, str], None]  # connection, reason -> alarm
    received: Callable[[str, str], None]  # connection, result -> metric


class Refused(Exception):
    """An answer that is not an acknowledgement."""

    def __init__(self, status: int, result: str, reason: str = "") -> None:
        super().__init__(reason)
        self.status, self.result, self.reason = status, result, reason


@router.post("/webhooks/{connection}", include_in_schema=False)
@router.post("/webhooks/{connection}/{secret}", include_in_schema=False)
async def receive(request: Request, connection: str, secret: str | None = None) -> Response:
    """503 when we are at fault, so that the sender tries again; 401 only for a wrong signature."""
    door: Doorkeeper = request.app.state.door
    try:
        connected = _connected(door, connection)
        response = await _take(door, connected, request, secret)
    except Refused as refused:
        door.received(connection if refused.status != 404 else "unknown", refused.result)
        if refused.status == 503:
            door.at_fault(connection, refused.reason)
        return Response(status_code=refused.status)
    return response


async def _take(
    door: Doorkeeper, connected: Connected, request: Request, secret: str | None
) -> Response:
    inbound = _inbound(connected)
    size = 0
    try:
        body = bytearray()
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                door.in_flight_bytes += len(chunk)
                _check_size(door, inbound, size)
                body += chunk
        message = Message(
            connection=connected.name,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=bytes(body),
            received_at=door.clock.now(),
            path_secret=secret,
        )
        kept = await _keep(door, connected, message)
    except TimeoutError as error:
        raise Refused(408, "slow", "the body did not arrive in time") from error
    finally:
        door.in_flight_bytes -= size
    door.received(connected.name, "kept" if kept.new else "again")
    answer = inbound.acknowledge(connected.settings, message)
    return Response(answer.body, answer.status, media_type=answer.content_type)


async def _keep(door: Doorkeeper, connected: Connected, message: Message) -> Kept:
    key = await _verified(connected, message)
    future = door.writer.submit(Arrival(message=message, dedupe_key=key))
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await asyncio.wrap_future(future)
    except Exception as error:
        raise Refused(503, "not_stored", "the database did not take a message") from error


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
        raise Refused(503, "unconfigured", str(error)) from error


def _connected(door: Doorkeeper, name: str) -> Connected:
    connected = door.connections.get(name)
    if connected is None:
        raise Refused(404, "unknown")
    return connected


def _inbound(connected: Connected) -> Inbound[Any]:
    if connected.connector.inbound is None:
        raise Refused(404, "unknown")
    return connected.connector.inbound


def _check_size(door: Doorkeeper, inbound: Inbound[Any], size: int) -> None:
    if size > inbound.max_bytes:
        raise Refused(413, "too_large")
    if door.in_flight_bytes > door.max_in_flight_bytes:
        raise Refused(503, "overloaded", "too many bytes are in flight")
