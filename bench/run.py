"""One round of one cell: start everything, warm up, send, wait for the last write, ask the sink."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter

from bench import meter, raw, tally
from bench.cell import Cell
from bench.load import Plan, Sent
from bench.result import Round
from bench.sink import Seen
from bench.stand import SECRET, Stand, standing
from embedded.postgres import Server

WARM_UP = 64
PATIENCE_SECONDS = 20.0  # without a new write: what is missing by then is lost
LOOK_SECONDS = 0.05
SETTLE_SECONDS = 0.5  # after the last write its end is still recorded
_SENT = TypeAdapter(list[Sent])


@dataclass(frozen=True, kw_only=True)
class Place:
    """Two databases of one round, by URL, and the server's process, if there is one."""

    folder: Path
    url: str
    empty: str
    server_pid: int | None


@contextmanager
def place(cell: Cell, server: Server) -> Iterator[Place]:
    """A folder and databases for one round, gone after it."""
    with TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        if cell.database == "sqlite":
            url, empty = (f"sqlite:///{folder / file}" for file in ("bridge.db", "raw.db"))
            yield Place(folder=folder, url=url, empty=empty, server_pid=None)
            return
        url, empty = server.create("bench"), server.create("bench_raw")
        try:
            yield Place(folder=folder, url=url, empty=empty, server_pid=server.process.pid)
        finally:
            server.drop("bench")
            server.drop("bench_raw")


def measure(cell: Cell, server: Server, say: Callable[[str], None]) -> Round:
    """One round. Raises NotStarted."""
    with place(cell, server) as where:
        say("start")
        with standing(cell, where.url, where.folder) as stand:
            _load(stand, cell, count=WARM_UP, first=0)
            _await(stand, WARM_UP, say)
            before = _Used.now(stand, where)
            say("load")
            sent = _load(stand, cell, count=cell.events, first=WARM_UP, rate=cell.rate)
            _await(stand, WARM_UP + cell.events, say)
            used = _Used.now(stand, where)
            seen, peak = stand.seen(), stand.peak_megabytes()
        say("raw database")
        alone = raw.measure(where.url, where.empty, events=WARM_UP + cell.events)
    return _round(sent, seen, used - before, peak, alone)


@dataclass(frozen=True, kw_only=True)
class _Used:
    """CPU seconds and calls."""

    cpu: float
    database: float | None
    calls: int

    @classmethod
    def now(cls, stand: Stand, where: Place) -> "_Used":
        server = where.server_pid
        return cls(
            cpu=stand.cpu_seconds(),
            database=meter.family_cpu_seconds(server) if server else None,
            calls=stand.seen().calls,
        )

    def __sub__(self, before: "_Used") -> "_Used":
        known = self.database is not None and before.database is not None
        return _Used(
            cpu=self.cpu - before.cpu,
            database=(self.database or 0) - (before.database or 0) if known else None,
            calls=self.calls - before.calls,
        )


def _load(
    stand: Stand, cell: Cell, *, count: int, first: int, rate: float | None = None
) -> list[Sent]:
    plan = Plan(urls=stand.urls, secret=SECRET, count=count, first=first, keys=cell.keys, rate=rate)
    told = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=plan.model_dump_json().encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return _SENT.validate_json(told.stdout)


def _await(stand: Stand, writes: int, say: Callable[[str], None]) -> None:
    """Until so many writes have arrived, or nothing has for a while."""
    count, since = 0, time.monotonic()
    while count < writes and time.monotonic() - since < PATIENCE_SECONDS:
        time.sleep(LOOK_SECONDS)
        now = stand.count()
        if now != count:
            count, since = now, time.monotonic()
            say(f"{count} of {writes} written")
    time.sleep(SETTLE_SECONDS)


def _round(sent: list[Sent], seen: Seen, used: _Used, peak: float, alone: raw.Raw) -> Round:
    writes = [write for write in seen.writes if write.number >= WARM_UP]
    taken = [one for one in sent if one.status == tally.TAKEN]
    begin = min(one.sent for one in sent)
    waits = [1000 * (one.answered - one.sent) for one in taken]
    delays = [1000 * delay for delay in tally.delays(sent, writes)]
    last = max((write.at for write in writes), default=float("inf"))
    return Round(
        accepted=len(taken) / (max(one.answered for one in sent) - begin),
        events=len({write.number for write in writes}) / (last - begin),
        acknowledged_p50=tally.percentile(waits, 0.5),
        acknowledged_p95=tally.percentile(waits, 0.95),
        acknowledged_p99=tally.percentile(waits, 0.99),
        delivered_p50=tally.percentile(delays, 0.5),
        delivered_p95=tally.percentile(delays, 0.95),
        delivered_p99=tally.percentile(delays, 0.99),
        cpu_ms=1000 * used.cpu / len(sent),
        database_cpu_ms=None if used.database is None else 1000 * used.database / len(sent),
        peak_mb=peak,
        calls=used.calls / len(sent),
        fate=tally.fate(sent, writes),
        raw_inserts=alone.inserts,
        raw_rows=alone.rows,
        raw_claims=alone.claims,
    )
