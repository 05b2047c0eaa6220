"""The load generator, a process of its own: `python -m bench.load FILE`, a plan in, what was told there.

Updates of one record go over one connection, each after the answer to the one before, so that they
arrive in order; different records go at once.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import uvloop
from pydantic import BaseModel, ConfigDict

from bench.cell import Keys
from bench.webhook import Update, request, updates

CONNECTIONS = 64
LEAD_SECONDS = 0.2  # all connections are open by then


class Plan(BaseModel):
    """What to send. `rate` is updates a second; nothing: as fast as they are taken."""

    model_config = ConfigDict(frozen=True)

    urls: tuple[str, ...]
    secret: str
    count: int
    first: int
    keys: Keys
    rate: float | None = None
    seed: int = 7


class Sent(BaseModel):
    """One update and its answer. Times are the machine's monotonic seconds.

    `sent` is when it was due, where there is a rate: what waits for us counts as our delay.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    record: int
    sent: float
    answered: float
    status: int


class Told(BaseModel):
    """What a generator has to tell: each answer, and its own CPU seconds while it sent."""

    model_config = ConfigDict(frozen=True)

    sent: list[Sent]
    cpu: float


Timed = tuple[Update, float, bytes]  # how long after the start it is due, and the request


def lanes(plan: Plan) -> list[list[Timed]]:
    """The plan's requests, by connection."""
    made: list[list[Timed]] = [[] for _ in range(CONNECTIONS)]
    wanted = updates(plan.count, first=plan.first, keys=plan.keys, seed=plan.seed)
    for nth, update in enumerate(wanted):
        due = nth / plan.rate if plan.rate else 0.0
        made[update.record % CONNECTIONS].append((update, due, request(update, secret=plan.secret)))
    return made


async def send(plan: Plan) -> Told:
    """Send it all; in the order of the answers."""
    wanted = lanes(plan)
    sent: list[Sent] = []
    before, begin = time.process_time(), time.monotonic() + LEAD_SECONDS
    async with asyncio.TaskGroup() as group:
        for number, lane in enumerate(wanted):
            url = plan.urls[number % len(plan.urls)]
            group.create_task(_send(url, lane, begin, sent))
    return Told(sent=sent, cpu=time.process_time() - before)


async def _send(url: str, lane: Sequence[Timed], begin: float, told: list[Sent]) -> None:
    line = _Line(url)
    await line.open()
    await asyncio.sleep(begin - time.monotonic())
    for update, due, text in lane:
        wait = begin + due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        sent = begin + due if due else time.monotonic()
        status = await line.ask(text)
        told.append(
            Sent.model_construct(
                number=update.number,
                record=update.record,
                sent=sent,
                answered=time.monotonic(),
                status=status,
            )
        )
    line.close()


class _Line:
    """One connection that is kept; a server hangs up on one that was idle for some seconds."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)

    async def open(self) -> None:
        host, port = self._address.hostname, self._address.port
        self._reader, self._writer = await asyncio.open_connection(host, port)

    async def ask(self, text: bytes) -> int:
        """The status. What was cut off is sent once more, as Jira does: its identifier is the same."""
        try:
            return await self._ask(text)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.close()
            await self.open()
            return await self._ask(text)

    def close(self) -> None:
        self._writer.close()

    async def _ask(self, text: bytes) -> int:
        self._writer.write(text)
        return await _answer(self._reader)


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status of one answer, which is read whole."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
    await reader.readexactly(int(length or 0))
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    told = uvloop.run(send(Plan.model_validate_json(sys.stdin.buffer.read())))
    Path(sys.argv[1]).write_bytes(orjson.dumps(told.model_dump()))
