"""What went over the wire, as the attempt log keeps it: without a secret, and no more than its beginning."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import httpx

KEPT_BODY_CHARS = 4_000
FILE = "bridge_file"  # of a request whose body comes piece by piece
HIDDEN_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, redacted, for the attempt log. `status` 0: no answer came."""

    method: str
    url: str  # without its query string
    status: int = 0
    request: str = ""
    response: str = ""
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)  # of the response
    part: str = ""  # of the connection, where it has a URL of its own: an ordering key's beginning

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the attempt log."""
        return {
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "request": self.request,
            "response": self.response,
            "seconds": round(self.seconds, 4),
            "headers": dict(self.headers),
        }


_recorder: ContextVar[list[Exchange] | None] = ContextVar("bridge_http_recorder", default=None)


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Collect the exchanges of this thread while the block runs."""
    exchanges: list[Exchange] = []
    token = _recorder.set(exchanges)
    try:
        yield exchanges
    finally:
        _recorder.reset(token)


def record(
    request: httpx.Request,
    response: httpx.Response | None,
    *,
    url: str,
    seconds: float,
    part: str = "",
) -> None:
    """Add it to what this thread collects, if it does. `url`: as people may see it."""
    exchanges = _recorder.get()
    if exchanges is None:
        return
    exchanges.append(
        Exchange(
            method=request.method,
            url=url,
            status=response.status_code if response is not None else 0,
            request=_sent(request),
            response=_kept(response.content, response.headers) if response is not None else "",
            seconds=seconds,
            headers=_shown(response.headers) if response is not None else {},
            part=part,
        )
    )


def _kept(body: bytes, headers: httpx.Headers) -> str:
    """The part of a body that the attempt log keeps. Token answers and form posts hold secrets."""
    if b"access_token" in body or "form-urlencoded" in headers.get("content-type", ""):
        return "[credentials]"
    return body[: KEPT_BODY_CHARS * 4].decode("utf-8", "replace")[:KEPT_BODY_CHARS]


def _sent(request: httpx.Request) -> str:
    if request.extensions.get(FILE):
        return "[file]"
    return _kept(request.content, request.headers)


def _shown(headers: httpx.Headers) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key not in HIDDEN_HEADERS}
