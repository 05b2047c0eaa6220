"""The middleware that makes a simulator misbehave on request, in front of any ASGI app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.connectors.simulation.faults import Drawn, Fault, Faults
from bridge.connectors.simulation.scale import Pace

CONTROL_PREFIX = "/_sim/"
_PROMISED = b"65536"  # bytes that a cut answer announces and never sends
_AFTER = frozenset({Fault.SERVER_ERROR_AFTER, Fault.CUT_AFTER})
_CUTS = frozenset({Fault.CUT_BEFORE, Fault.CUT_AFTER})


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A whole answer in a vendor's own words."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def _gateway_error() -> Refusal:
    """What a load balancer says when what is behind it does not answer."""
    return Refusal(
        status=503,
        body=b"<html><body><h1>503 Service Unavailable</h1></body></html>",
        headers={"content-type": "text/html"},
    )


class FaultMiddleware:
    """Serves, delays, refuses or cuts each request as `faults` decides.

    "before" kinds never reach the app; "after" kinds let the app run to its end and drop its
    answer. A cut is an answer that ends before its body: uvicorn then closes the connection, so
    clients see a broken one. Paths below `/_sim/` are never touched.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        *,
        pace: Pace,
        too_many: Callable[[], Refusal],
        broken: Callable[[], Refusal] = _gateway_error,
    ) -> None:
        self._app = app
        self._faults = faults
        self._pace = pace
        self._too_many = too_many
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        drawn = self._faults.draw(scope["method"], scope["path"])
        if drawn.latency:
            await anyio.sleep(self._pace.seconds(drawn.latency))
        if drawn.fault is None and not drawn.outage:
            await self._app(scope, receive, send)
            return
        await self._run_or_drain(drawn, scope, receive)
        await self._fail(drawn, send)

    async def _run_or_drain(self, drawn: Drawn, scope: Scope, receive: Receive) -> None:
        if drawn.fault in _AFTER and not drawn.outage:
            await self._app(scope, receive, _drop)
            return
        while (await receive()).get("more_body"):
            pass

    async def _fail(self, drawn: Drawn, send: Send) -> None:
        if drawn.fault in _CUTS and not drawn.outage:
            await send(_start(200, {"content-length": _PROMISED.decode()}))
            return
        limited = drawn.fault is Fault.RATE_LIMITED and not drawn.outage
        await answer(self._too_many() if limited else self._broken(), send)


async def answer(refusal: Refusal, send: Send) -> None:
    """Send a whole answer."""
    headers = {**refusal.headers, "content-length": str(len(refusal.body))}
    await send(_start(refusal.status, headers))
    await send({"type": "http.response.body", "body": refusal.body})


def _start(status: int, headers: Mapping[str, str]) -> Message:
    pairs = [
        (key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()
    ]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _drop(message: Message) -> None:
    """Swallow what the app answers."""
