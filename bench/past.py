"""`python -m bench.past --events 100000`: dry-runs over so many stored events; CPU, wall, memory.

The events are those of the demo's generator. The rules that decided them must make no difference, and
a changed threshold exactly the expected one: else the exit code is 1. A dry-run is a process of its
own, as in service; this one only waits for it.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import select

from bench import meter
from bridge import log
from bridge.canonical.event import NO_NEWS
from bridge.demo.past import TOGETHER, Teller, standing
from bridge.insight.window import Window
from bridge.ledger.tables import EventRow
from bridge.pipeline.dry_run.routes import COMMAND
from bridge.pipeline.dry_run.run import Wish
from bridge.pipeline.dry_run.task import Task
from bridge.rules.folder import read_folder
from embedded.postgres import DURABLE, start

MAPPINGS = Path("mappings")
BEGIN, DAYS = datetime(2026, 11, 1, tzinfo=UTC), timedelta(days=7)
RULE = "feedback-becomes-engineering-task"
SERIOUS = 'feedback.severity in ["critical", "high"]'
WIDER = 'feedback.severity in ["critical", "high", "medium"]'
Files = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One dry-run: its report, CPU and wall seconds, and the most memory it held, in MB."""

    report: Mapping[str, Any]
    cpu: float
    wall: float
    peak: float


def bench(
    events: Annotated[int, typer.Option(min=1_000, help="About so many.")] = 100_000,
    database: Annotated[str, typer.Option(help="sqlite or postgresql.")] = "sqlite",
) -> None:
    """Tell a past, then ask three times what rules would have made of it. Example: python -m bench.past"""
    log.configure(style="console", level="error")
    console = Console()
    with (
        _url(database) as url,
        TemporaryDirectory(prefix="bridge-past-") as name,
        standing(url, Path(name), MAPPINGS, at=BEGIN) as teller,
    ):
        _tell(teller, events, console)
        good = _ask(teller, url, console)
    raise typer.Exit(0 if good else 1)


def _tell(teller: Teller, events: int, console: Console) -> None:
    began, cpu = time.monotonic(), time.process_time()
    parts = range(0, events, TOGETHER)
    for _ in track(parts, "telling the past", console=console):
        teller.tell(TOGETHER, over=DAYS / len(parts), meanwhile=lambda _: None)
    teller.clock.advance(1)
    took, used = time.monotonic() - began, time.process_time() - cpu
    console.print(f"told in {took:.0f} s, {used:.0f} s of CPU")


def _ask(teller: Teller, url: str, console: Console) -> bool:
    files = read_folder(MAPPINGS)
    wider = files | {"rules/feedback.yaml": files["rules/feedback.yaml"].replace(SERIOUS, WIDER)}
    every = {name: text.replace("Planned", "Waiting") for name, text in files.items()}
    expected = _medium(teller)
    table = Table("mappings", "events", "differ", "CPU s", "wall s", "CPU ms/event", "peak MB")
    good = True
    for name, tried, days, wanted in (
        ("as they were, a tenth of the time", files, DAYS / 10, 0),
        ("as they were", files, DAYS, 0),
        ("one threshold changed", wider, DAYS, 2 * expected),
        ("one map changed: all asked twice", every, DAYS, None),
    ):
        found = _measured(_task(teller, url, tried, days))
        table.add_row(name, *_figures(found))
        differ = found.report["deliveries"]["differ"]
        good = good and found.report["unlike"] == 0 and wanted in {None, differ}
    console.print(table, f"expected of the changed threshold: {2 * expected:,}; good: {good}")
    return good


def _figures(found: Measured) -> Iterator[str]:
    events = found.report["events"]["compared"]
    yield f"{events:,}"
    yield f"{found.report['deliveries']['differ']:,}"
    yield f"{found.cpu:.1f}"
    yield f"{found.wall:.1f}"
    yield f"{1000 * found.cpu / events:.2f}"
    yield f"{found.peak:.0f}"


def _task(teller: Teller, url: str, files: Files, days: timedelta) -> Task:
    world, until = teller.bridge.world, teller.clock.now()
    return Task(
        database_url=url,
        files=files,
        kinds=world.kinds,
        actions=world.actions,
        systems=world.sets.systems,
        calendars=world.sets.calendars,
        allowances=(),
        wish=Wish(span=Window(since=until - days, until=until)),
    )


def _measured(task: Task) -> Measured:
    began = time.monotonic()
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdin.write(task.as_bytes())
    process.stdin.close()
    told, peak = b"", 0.0
    for line in process.stdout:
        told = line
        with suppress(ValueError, OSError):  # it may have ended by now
            peak = meter.peak_megabytes(process.pid)
    _, _, used = os.wait4(process.pid, 0)
    return Measured(
        report=orjson.loads(told)["report"],
        cpu=used.ru_utime + used.ru_stime,
        wall=time.monotonic() - began,
        peak=peak,
    )


def _medium(teller: Teller) -> int:
    """New feedback of medium severity about a product that is news: what the threshold lets through."""
    query = select(EventRow.record).where(
        EventRow.kind == "feedback.created", EventRow.origin.not_in(NO_NEWS)
    )
    with teller.bridge.database.reading() as session:
        records = session.scalars(query.execution_options(yield_per=1_000))
        return sum(bool(one["product"]) and one["severity"] == "medium" for one in records)


@contextmanager
def _url(database: str) -> Iterator[str]:
    """An empty database, gone afterwards."""
    if database != "postgresql":
        with TemporaryDirectory(prefix="bridge-past-") as name:
            yield f"sqlite:///{Path(name) / 'bridge.db'}"
        return
    server = start(DURABLE)
    try:
        yield server.create("past")
    finally:
        server.stop()


if __name__ == "__main__":
    typer.run(bench)
