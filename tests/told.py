"""Updates and writes of the benchmark, with no more in them than a test of its arithmetic needs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from bench.cell import Cell
from bench.load import Sent
from bench.result import Measured, Report, Round
from bench.sink import Write, listen
from bench.tally import Seconds, Used, judged
from bench.webhook import Update, case_id, request
from embedded.ports import own_port


def sent(number: int, record: int, *, status: int = 202, at: float = 0.0) -> Sent:
    """An update that was answered ten milliseconds later."""
    return Sent(number=number, record=record, sent=at, answered=at + 0.01, status=status)


def write(number: int, record: int, *, at: float = 0.0) -> Write:
    """The write of an update, at its record's case."""
    return Write(record=case_id(record), number=number, at=at)


def body(number: int, record: int) -> bytes:
    """An update's webhook, without its head."""
    update = Update(number=number, record=record, turn=1)
    return request(update, secret="s").partition(b"\r\n\r\n")[2]


CPU, CALLS, SENDING, WRITING = 4.0, 3, 0.5, 2.0  # what the round of `told` used


def told(sending: Sequence[Sent], writes: Sequence[Write]) -> Round:
    """The figures of a round of this load, on SQLite."""
    used = Used(cpu=CPU, database=0, sink=0.1, generator=0.1, calls=CALLS)
    took = Seconds(sending=SENDING, writing=WRITING)
    return judged(sending, writes, used, took, peaks=[100], idle=None, alone=None)


def report(*measured: tuple[Cell, Sequence[Round]]) -> Report:
    """A run that measured these cells."""
    return Report(
        began=datetime(2026, 11, 25, tzinfo=UTC),
        machine="two cores",
        commit="abc",
        load_average=0.1,
        measured=[Measured(cell=cell, rounds=list(rounds)) for cell, rounds in measured],
    )


def rounds(**figures: Sequence[float]) -> list[Round]:
    """Rounds without fault that differ in these figures."""
    plain = told([sent(1, 1)], [write(1, 1)])
    names = list(figures)
    return [
        plain.model_copy(update=dict(zip(names, values, strict=True)))
        for values in zip(*figures.values(), strict=True)
    ]


@asynccontextmanager
async def sink(latency: float = 0.0) -> AsyncIterator[str]:
    """The URL of a sink."""
    port = own_port()
    async with await listen(port, latency):
        yield f"http://127.0.0.1:{port}"


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
