"""ASGI middleware: how large a body may be, and what a browser must not do with an answer.

Vendor messages do not come here: who takes them has limits and a budget of time of their own.
"""

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.access.problems import Problem, refusal

MAX_BODY_BYTES = 1_000_000
MAX_SET_BYTES = 4_000_000  # of mappings: a thousand rules with their tests
_SETS = tuple(
    f"/api/v1/rules:{verb}" for verb in ("activate", "capture", "check", "dry-run", "try")
)
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OF_THE_API = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Limits:
    """`app.add_middleware(Limits)`; a route that sets one of the headers itself keeps its own."""

    def __init__(
        self, app: ASGIApp, *, max_body: int = MAX_BODY_BYTES, max_set: int = MAX_SET_BYTES
    ) -> None:
        self._app, self._max_body, self._max_set = app, max_body, max_set

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _with_headers(scope, send)
        most = self._max_set if scope["path"] in _SETS else self._max_body
        if _declared(scope) > most:
            await _too_large(most).response()(scope, receive, guarded)
            return
        await self._app(scope, _counted(receive, most), guarded)


def _counted(receive: Receive, most: int) -> Receive:
    """A body may be longer than it says, or say nothing."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            # The one error that FastAPI lets through while it reads a body.
            raise HTTPException(413, _too_large(most).detail)
        return message

    return counted


def _too_large(most: int) -> Problem:
    return refusal(413, f"this request to the API has {most} bytes at most")


def _declared(scope: Scope) -> int:
    """Content-Length, 0 when there is none that can be read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


def _with_headers(scope: Scope, send: Send) -> Send:
    wanted = dict(_EVERYWHERE)
    if scope["path"].startswith("/api/"):
        wanted |= _OF_THE_API
    if scope.get("scheme") == "https":
        wanted["Strict-Transport-Security"] = "max-age=31536000"

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in wanted.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded
