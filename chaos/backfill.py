"""`python -m chaos.backfill`: a long past is read in while the process is killed, again and again.

The site has so many issues, made and changed long before Bridge came. Meanwhile people make new ones,
whose webhooks must not wait. At the end each fact is there once, and nothing else is.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated

import httpx
import typer
from sqlalchemy import select

from bridge.access.keys import Role, create
from bridge.canonical.ids import random_id
from bridge.clock import SystemClock
from bridge.inbox.tables import BackfillRow, MessageRow
from chaos.fleet import Node
from chaos.past import fill, wrong
from chaos.town import Town, standing

MOST_SECONDS = 3_600.0
LOOK_SECONDS = 0.05
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(kw_only=True)
class Reading:
    """One backfill of a town's site, and what was seen of it. `peak`: megabytes of the process."""

    town: Town
    random: Random
    kills: int = 0
    peak: float = 0.0
    head: dict[str, str] = field(default_factory=dict)
    asked: str = ""

    @property
    def node(self) -> Node:
        return next(iter(self.town.fleet.nodes.values()))

    def begin(self) -> None:
        """Counted and run."""
        self.node.up()
        with self.town.database.transaction() as session:
            key = create(session, "chaos", role=Role.OPERATOR, now=SystemClock().now())
        self.head = {"authorization": f"Bearer {key.token}"}
        wish = {"source": "engineering-work", "history": True}
        self.asked = self.post("", **wish)["id"]
        self.wait_for(lambda row: row.state == "planned")
        self.post(f"/{self.asked}:run")

    def post(self, path: str, **body: object) -> dict[str, str]:
        url = f"{self.town.fleet.urls[0]}/api/v1/backfills{path}"
        head = {**self.head, "idempotency-key": random_id("key")}
        answer = httpx.post(url, json=body, headers=head, timeout=30).raise_for_status()
        found: dict[str, str] = answer.json()
        return found

    def row(self) -> BackfillRow:
        with self.town.database.reading() as session:
            return session.scalars(select(BackfillRow)).one()

    def wait_for(
        self, holds: Callable[[BackfillRow], bool], *, seconds: float = MOST_SECONDS
    ) -> None:
        until = time.monotonic() + seconds
        while not holds(self.row()):
            self.note_memory()
            if time.monotonic() > until:
                raise RuntimeError(f"it does not go on: {self.row().state} {self.row().problem}")
            time.sleep(LOOK_SECONDS)

    def note_memory(self) -> None:
        """The most it has ever had, as Linux says."""
        process = self.node.process
        status = Path(f"/proc/{process.pid}/status") if process else Path("/nowhere")
        try:
            lines = status.read_text(encoding="ascii").splitlines()
        except OSError:
            return
        peak = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0 kB")
        self.peak = max(self.peak, int(peak.split()[1]) / 1_024)

    def disturb(self, times: int) -> None:
        """Kill it somewhere in the middle of its work, and start it again."""
        for _ in range(times):
            done = self.row().done
            self.wait_for(partial(_is_further, done))
            time.sleep(self.random.uniform(0.0, 3.0))
            if self.row().state == "done":
                return
            self.node.kill()
            self.kills += 1
            self.node.up()


def _is_further(done: int, row: BackfillRow) -> bool:
    return row.done > done or row.state == "done"


@contextmanager
def people(town: Town, *, apart: float) -> Iterator[None]:
    """They make an issue every so many seconds."""
    over = threading.Event()

    def make() -> None:
        number = 0
        while not over.wait(apart):
            number += 1
            town.there.jira.create_issue(f"Live {number}")

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def waits(town: Town) -> list[float]:
    """Seconds from a webhook's arrival until it was worked off."""
    query = select(MessageRow.received_at, MessageRow.translated_at)
    query = query.where(MessageRow.origin == "webhook", MessageRow.translated_at.is_not(None))
    with town.database.reading() as session:
        rows = session.execute(query).all()
    return sorted((end - came).total_seconds() for came, end in rows if end is not None)


@app.command()
def main(
    records: Annotated[int, typer.Option(help="Issues of the past.")] = 20_000,
    kills: Annotated[int, typer.Option(help="Of the process, meanwhile.")] = 12,
    seed: Annotated[int, typer.Option(help="Of the past and of the kills.")] = 5,
    only: Annotated[str, typer.Option(help="sqlite or postgresql.")] = "sqlite",
) -> None:
    """Read it in, and say how it went. Example: python -m chaos.backfill --records 500 --kills 3"""
    with standing(only, seed=seed) as town:
        fill(town.there.jira, records, seed=seed)
        facts = sum(len(one.histories) for one in town.there.jira.site.state.issues.values())
        reading = Reading(town=town, random=Random(seed))
        reading.begin()
        began = time.monotonic()
        with people(town, apart=0.5):
            reading.disturb(kills)
            reading.wait_for(lambda row: row.state == "done")
        took = time.monotonic() - began
        faults = settled(town)
        late = waits(town)
        said = f"{only}: {records} issues with {facts} changes in {took:.0f} s"
        typer.echo(f"{said}, {records / took:.0f} records/s, {reading.kills} kills")
        typer.echo(f"peak {reading.peak:.0f} MB, {reading.row().calls} calls")
        if late:
            half, most = late[len(late) // 2], late[int(len(late) * 0.99)]
            typer.echo(f"{len(late)} webhooks meanwhile: p50 {half:.2f} s, p99 {most:.2f} s")
        for text in faults:
            typer.echo(f"  WRONG: {text}")
        if faults:
            raise typer.Exit(1)


def settled(town: Town) -> list[str]:
    """What is wrong when nothing is on its way any more."""
    faults: list[str] = []
    for _ in range(120):
        faults = wrong(town.database, town.there.jira)
        if not faults:
            break
        time.sleep(0.5)
    return faults


if __name__ == "__main__":
    app()
