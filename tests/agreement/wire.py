"""Calls within this process: an app is asked by hand, one request at a time, as if over a network."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message, Scope
from typing_extensions import override

from agreement.mail import Mail

_Call = tuple[ASGIApp, Scope, bytes, "asyncio.Future[httpx.Response]"]


class Killed(BaseException):
    """The process ends here, whatever it was about to do. Nobody may catch it and go on."""


class Line:
    """An event loop that answers one call at a time, and stands still in between."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls: asyncio.Queue[_Call] = asyncio.Queue()
        self._served = self._loop.create_task(self._serve())

    def ask(
        self, app: ASGIApp, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        """The whole answer. Raises httpx.ReadError where it ends before its declared end."""
        future: asyncio.Future[httpx.Response] = self._loop.create_future()
        self._calls.put_nowait((app, _scope(method, httpx.URL(url), headers), body, future))
        answer = self._loop.run_until_complete(future)
        if int(answer.headers.get("content-length", 0)) > len(answer.content):
            raise httpx.ReadError("the connection was cut")
        return answer

    def close(self) -> None:
        self._served.cancel()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self) -> None:
        """One long task, so that the threads in which an app reads and writes outlive a call."""
        while True:
            app, scope, body, future = await self._calls.get()
            try:
                future.set_result(await _answer(app, scope, body))
            except Exception as error:  # noqa: BLE001  (whoever asked is told)
                future.set_exception(error)


@dataclass(kw_only=True)
class Doom:
    """When this process dies: with the next write to a vendor, before it, amid its body or after it."""

    at: str = ""  # "before", "amid" (a part of it is out), "after" or never
    path: str = ""  # what its URL ends with; empty: any

    def strikes(self, moment: str, request: httpx.Request) -> bool:
        write = request.method != "GET" and request.url.path.endswith(self.path)
        if self.at != moment or not write:
            return False
        self.at = self.path = ""
        return True


@dataclass(kw_only=True)
class Wire(httpx.BaseTransport):
    """The network between Bridge and a vendor."""

    line: Line
    app: ASGIApp
    vendor: str
    mail: Mail
    doom: Doom = field(default_factory=Doom)

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.doom.strikes("before", request):
            raise Killed
        if self.doom.strikes("amid", request):
            assert isinstance(request.stream, httpx.SyncByteStream)
            list(islice(request.stream, 2))  # of a file: what stands before it, and a piece
            raise Killed
        body, headers, before = request.read(), dict(request.headers), self.mail.numbers
        answer = self.line.ask(self.app, request.method, str(request.url), headers, body)
        self.mail.overheard(self.vendor, before)
        if self.doom.strikes("after", request):
            raise Killed
        return answer


def _scope(method: str, url: httpx.URL, headers: Mapping[str, str]) -> Scope:
    path, _, query = url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": url.scheme,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower().encode(), one.encode()) for name, one in headers.items()],
        "server": (url.host, url.port or 443),
        "client": ("127.0.0.1", 1),
    }


async def _answer(app: ASGIApp, scope: Scope, body: bytes) -> httpx.Response:
    told: list[Message] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    await app(scope, receive, send)
    content = b"".join(one.get("body", b"") for one in told[1:])
    answer = httpx.Response(told[0]["status"], content=content)
    answer.headers = httpx.Headers(list(told[0].get("headers", ())))
    return answer
