"""Updates and writes of the benchmark, with no more in them than a test of its arithmetic needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bench.load import Sent
from bench.sink import Write
from bench.webhook import case_id


def sent(number: int, record: int, *, status: int = 202, at: float = 0.0) -> Sent:
    """An update that was answered ten milliseconds later."""
    return Sent(number=number, record=record, sent=at, answered=at + 0.01, status=status)


def write(number: int, record: int, *, at: float = 0.0) -> Write:
    """The write of an update, at its record's case."""
    return Write(record=case_id(record), number=number, at=at)


@asynccontextmanager
async def impatient_server() -> AsyncIterator[str]:
    """The URL of a server that takes one request a connection, and then hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # it was opened and never used
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.rpartition(b"content-length: ")[2]))
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
