"""The other side, a process of its own: as much of Salesforce as updates need.

It takes a log-in, a describe, updates by id, alone and in collections, each after
the latency it was started with, and remembers every write: which record, which update, when.
It is a bare protocol on uvloop, so that it is not what is measured.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Any

import httptools
import orjson
import typer
import uvloop
from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from bench.webhook import number_of

STATE, SEEN = "/_sink/state", "/_sink/seen"
FIELDS = ("Subject", "Priority", "Jira_Status__c", "Jira_Assignee__c")
_REASONS = {200: b"OK", 204: b"No Content", 404: b"Not Found"}


class Write(BaseModel):
    """One write as it arrived, in monotonic seconds of the machine."""

    model_config = ConfigDict(frozen=True)

    record: str
    number: int
    at: float


class State(BaseModel):
    """How far it has come: writes, and the newest update of each record. `calls`: log-ins too.

    `last` is when the last write came, in monotonic seconds; 0 before the first.
    """

    model_config = ConfigDict(frozen=True)

    calls: int
    writes: int
    last: float
    newest: dict[str, int]


class Memory:
    """Everything that arrived."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._calls = 0
        self._writes: list[tuple[str, int, float]] = []
        self._newest: dict[str, int] = {}

    def called(self, path: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON of the answer to one call; `None` is an empty body."""
        self._calls += 1
        if path.endswith("/oauth2/token"):
            return 200, {"access_token": "bench", "instance_url": self._url}
        if path.endswith("/describe"):
            fields = [{"name": name, "type": "string", "length": 255} for name in FIELDS]
            return 200, {"name": "Case", "fields": fields}
        if "/sobjects/Case/" in path:
            self._written(path.rpartition("/")[2], orjson.loads(body)["Subject"])
            return 204, None
        if path.endswith("/composite/sobjects"):
            records = orjson.loads(body)["records"]
            for one in records:
                self._written(one["id"], one["Subject"])
            return 200, [{"id": one["id"], "success": True, "errors": []} for one in records]
        return 404, [{"errorCode": "NOT_FOUND", "message": "the sink has no such resource"}]

    def state(self) -> bytes:
        return orjson.dumps(
            {
                "calls": self._calls,
                "writes": len(self._writes),
                "last": self._writes[-1][2] if self._writes else 0.0,
                "newest": self._newest,
            }
        )

    def seen(self) -> bytes:
        return orjson.dumps(self._writes)

    def _written(self, record: str, text: str) -> None:
        number = number_of(text)
        self._writes.append((record, number, time.monotonic()))
        self._newest[record] = max(number, self._newest.get(record, number))


def writes(seen: bytes) -> list[Write]:
    """What `SEEN` answers, in the order of arrival."""
    return [Write(record=record, number=n, at=at) for record, n, at in orjson.loads(seen)]


class Line(asyncio.Protocol):
    """One connection that is kept open."""

    def __init__(self, memory: Memory, later: Callable[..., object] | None) -> None:
        self._memory = memory
        self._later = later
        self._path = ""
        self._body = b""
        self._parser: Any = httptools.HttpRequestParser(self)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path, self._body = "", b""

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._path == STATE:
            self._transport.write(_answer(200, self._memory.state()))
        elif self._path == SEEN:
            self._transport.write(_answer(200, self._memory.seen()))
        else:
            status, answer = self._memory.called(self._path, self._body)
            text = _answer(status, b"" if answer is None else orjson.dumps(answer))
            if self._later is None:
                self._transport.write(text)
            else:
                self._later(self._transport.write, text)


def _answer(status: int, body: bytes) -> bytes:
    length = b"" if status == 204 else b"content-length: %d\r\n" % len(body)
    head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\n%s\r\n"
    return head % (status, _REASONS[status], length) + body


async def listen(port: int, latency: float) -> asyncio.Server:
    """A sink that answers after `latency` seconds."""
    loop = asyncio.get_running_loop()
    memory = Memory(f"http://127.0.0.1:{port}")

    def later(call: Callable[..., object], *arguments: object) -> None:
        loop.call_later(latency, call, *arguments)

    return await loop.create_server(
        lambda: Line(memory, later if latency else None), "127.0.0.1", port, backlog=1024
    )


async def serve(port: int, latency: float) -> None:
    """Until cancelled."""
    server = await listen(port, latency)
    await server.serve_forever()


def main(port: Annotated[int, typer.Option()], latency: Annotated[float, typer.Option()]) -> None:
    """Serve on loopback until ended; `latency` in seconds."""
    uvloop.run(serve(port, latency))


if __name__ == "__main__":
    typer.run(main)
