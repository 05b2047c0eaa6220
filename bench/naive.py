"""What one would write in an afternoon, a process of its own: take the webhook, forward it, forget.

FastAPI takes the body, answers at once with a bare `Response`, and a task of its own sends one call
through aiohttp, over 100 connections. Nothing is verified, stored, compared, ordered or repeated, and
a crash loses all that is under way. It is the floor for one call an event in Python, not a rival.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import aiohttp
import typer
import uvicorn
from fastapi import FastAPI, Request, Response

CONNECTIONS = 100
COLUMNS = {"new": "Planned", "indeterminate": "In progress", "done": "Done"}


class Forwarder:
    """One session for all calls."""

    def __init__(self, sink_url: str) -> None:
        self._records = f"{sink_url}/services/data/v61.0/sobjects/Case/"
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        async with aiohttp.ClientSession(connector=connector) as self._session:
            yield

    def forward(self, issue: dict[str, Any]) -> None:
        """Begin to forward one issue, and come back at once."""
        task = asyncio.create_task(self._send(issue["fields"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, fields: dict[str, Any]) -> None:
        written = {
            "Subject": fields["summary"],
            "Jira_Status__c": COLUMNS[fields["status"]["statusCategory"]["key"]],
            "Jira_Assignee__c": fields["assignee"]["displayName"],
        }
        url = self._records + fields["customfield_10050"]
        async with self._session.patch(url, json=written) as answer:
            await answer.read()


def app(sink_url: str) -> FastAPI:
    forwarder = Forwarder(sink_url)
    made = FastAPI(lifespan=forwarder.lifespan)

    @made.get("/readyz")
    async def readyz() -> Response:
        return Response()

    @made.post("/webhooks/jira")
    async def webhook(request: Request) -> Response:
        forwarder.forward((await request.json())["issue"])
        return Response(status_code=202)

    return made


def main(port: Annotated[int, typer.Option()], sink_url: Annotated[str, typer.Option()]) -> None:
    """Serve on loopback until ended."""
    uvicorn.run(app(sink_url), port=port, log_level="critical", access_log=False)


if __name__ == "__main__":
    typer.run(main)
