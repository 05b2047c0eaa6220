"""The other side, a process of its own: as much of Salesforce as an update needs.

It takes a log-in, a describe and updates by id, alone and in collections, each after the latency it was started with, and
remembers every write: which record, which update, when.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
import typer
import uvicorn
from pydantic import BaseModel, ConfigDict

from bench.webhook import number_of

SEEN, COUNT = "/_sink/seen", "/_sink/count"
FIELDS = ("Subject", "Priority", "Jira_Status__c", "Jira_Assignee__c")
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Write(BaseModel):
    """One write as it arrived, in monotonic seconds of the machine."""

    model_config = ConfigDict(frozen=True)

    record: str
    number: int
    at: float


class Seen(BaseModel):
    """Everything that arrived; `calls` counts log-ins and describes too."""

    calls: int = 0
    writes: list[Write] = []


class Sink:
    """An ASGI app with memory."""

    def __init__(self, url: str, latency: float) -> None:
        self._url = url
        self._latency = latency
        self._seen = Seen()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        path = scope["path"]
        if path == SEEN:
            await _reply(send, 200, self._seen.model_dump_json().encode())
        elif path == COUNT:
            await _reply(send, 200, b"%d" % len(self._seen.writes))
        else:
            status, answer = self._called(path, body)
            await asyncio.sleep(self._latency)
            await _reply(send, status, b"" if answer is None else orjson.dumps(answer))

    def _called(self, path: str, body: bytes) -> tuple[int, Any]:
        self._seen.calls += 1
        if path.endswith("/oauth2/token"):
            return 200, {"access_token": "bench", "instance_url": self._url}
        if path.endswith("/describe"):
            fields = [{"name": name, "type": "string", "length": 255} for name in FIELDS]
            return 200, {"name": "Case", "fields": fields}
        if "/sobjects/Case/" in path:
            self._written(path.rpartition("/")[2], orjson.loads(body))
            return 204, None
        if path.endswith("/composite/sobjects"):
            records = orjson.loads(body)["records"]
            for one in records:
                self._written(one["id"], one)
            return 200, [{"id": one["id"], "success": True, "errors": []} for one in records]
        return 404, [{"errorCode": "NOT_FOUND", "message": "the sink has no such resource"}]

    def _written(self, record: str, values: dict[str, Any]) -> None:
        number = number_of(values["Subject"])
        self._seen.writes.append(Write(record=record, number=number, at=time.monotonic()))


async def _body(receive: Receive) -> bytes:
    whole = bytearray()
    more = True
    while more:
        message = await receive()
        whole += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(whole)


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main(port: Annotated[int, typer.Option()], latency: Annotated[float, typer.Option()]) -> None:
    """Serve on loopback until ended; `latency` in seconds."""
    sink = Sink(f"http://127.0.0.1:{port}", latency)
    uvicorn.run(sink, port=port, log_level="critical", access_log=False, lifespan="off")


if __name__ == "__main__":
    typer.run(main)
