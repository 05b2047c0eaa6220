"""One round of one cell: start everything, warm up, send, wait for the last write, ask the sink."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bench import meter, raw
from bench.cell import Cell
from bench.flame import sampled
from bench.load import Plan, Sent, Told
from bench.place import Place, place
from bench.result import Round
from bench.seed import Past, seed
from bench.sink import State
from bench.stand import SECRET, Stand, standing
from bench.tally import TAKEN, Seconds, Used, judged
from bench.webhook import case_id
from embedded.postgres import Server

WARM_UP = 64
PATIENCE_SECONDS = 20.0  # without a new write: what is missing by then is lost
LOOK_SECONDS = 0.05
SETTLE_SECONDS = 0.5  # after the last write its end is still recorded
CALM_SECONDS = 2.0  # between the warm-up and a look at an idle process
Say = Callable[[str], None]


def measure(
    cell: Cell, server: Server, *, rate: float | None, stacks: Path | None, say: Say
) -> Round:
    """One round, at `rate` events a second or as a burst. Raises NotStarted."""
    with place(cell, server) as where:
        say("start")
        if cell.past:
            say(f"seed {cell.past:,} past deliveries")
            seed(where.url, Past(deliveries=cell.past))
        key = where.key() if cell.queued else ""
        with standing(cell, where.url, where.folder) as stand:
            run = _Run(cell=cell, where=where, stand=stand, key=key, say=say)
            run.warm_up()
            with sampled(stand.pids, stacks):
                idle = run.idle_percent()
                before = run.used()
                run.load(rate)
            used = run.used() - before
            writes = [write for write in stand.seen() if write.number >= WARM_UP]
        alone = run.raw()
    return judged(run.sent, writes, used, run.seconds, peaks=run.peaks, idle=idle, alone=alone)


@dataclass(kw_only=True)
class _Run:
    """What happens while all of it stands. Peaks are megabytes after each part of the load."""

    cell: Cell
    where: Place
    stand: Stand
    key: str
    say: Say
    sent: list[Sent] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    seconds: Seconds = field(default_factory=Seconds)
    _generator: float = 0.0
    _newest: dict[str, int] = field(default_factory=dict)

    def warm_up(self) -> None:
        self._send(WARM_UP, first=0, rate=None)
        self._await(WARM_UP)

    def idle_percent(self) -> float | None:
        """Of one core, by the busiest process, while there is nothing to do."""
        if not self.cell.idle:
            return None
        self.say("idle")
        time.sleep(CALM_SECONDS)
        before, begun = self.stand.cpu_seconds(), time.monotonic()
        time.sleep(self.cell.idle)
        after, took = self.stand.cpu_seconds(), time.monotonic() - begun
        return max(100 * (after[name] - before[name]) / took for name in after)

    def load(self, rate: float | None) -> None:
        """All parts in turn; each ends with its last write."""
        each, last = divmod(self.cell.events, self.cell.parts)
        for part in range(self.cell.parts):
            count = each + last * (part == self.cell.parts - 1)
            self._part(count, first=WARM_UP + len(self.sent), rate=rate)
            self.peaks.append(self.stand.peak_megabytes())

    def _part(self, count: int, *, first: int, rate: float | None) -> None:
        if self.cell.queued:
            self._act("pause")
        self.say("load")
        told = self._send(count, first=first, rate=rate)
        begun = min(one.sent for one in told.sent)
        self.seconds.sending += max(one.answered for one in told.sent) - begun
        self.sent += told.sent
        self._generator += told.cpu
        if self.cell.queued:
            self._owe()
            begun = time.monotonic()
            self._act("resume")
        taken = [one for one in self.sent if one.status == TAKEN]
        self.seconds.writing += self._await(WARM_UP + len(taken)) - begun

    def used(self) -> Used:
        """Up to now."""
        server = self.where.server_pid
        return Used(
            cpu=sum(self.stand.cpu_seconds().values()),
            database=meter.family_cpu_seconds(server) if server else 0.0,
            sink=meter.cpu_seconds(self.stand.sink_pid),
            generator=self._generator,
            calls=self.stand.state().calls,
        )

    def raw(self) -> raw.Raw | None:
        """The database alone, with the rows that this round left."""
        if not self.cell.has_raw:
            return None
        self.say("raw database")
        return raw.measure(self.where.url, self.where.empty, events=WARM_UP + self.cell.events)

    def _send(self, count: int, *, first: int, rate: float | None) -> Told:
        plan = Plan(
            urls=self.stand.urls,
            secret=SECRET,
            count=count,
            first=first,
            keys=self.cell.keys,
            rate=rate,
        )
        file = self.where.folder / "told.json"
        asked = [sys.executable, "-m", "bench.load", str(file)]
        subprocess.run(asked, input=plan.model_dump_json().encode(), check=True)
        told = Told.model_validate_json(file.read_bytes())
        for one in told.sent:
            if one.status == TAKEN:
                record = case_id(one.record)
                self._newest[record] = max(one.number, self._newest.get(record, 0))
        return told

    def _await(self, writes: int) -> float:
        """Until all is written or overtaken, or nothing has been for a while; when the last was."""
        count, since = -1, time.monotonic()
        while time.monotonic() - since < PATIENCE_SECONDS:
            state = self.stand.state()
            if state.writes != count:
                count, since = state.writes, time.monotonic()
                self.say(f"{count} of {writes} written")
            if self._is_done(state, writes):
                break
            time.sleep(LOOK_SECONDS)
        time.sleep(SETTLE_SECONDS)
        return self.stand.state().last

    def _is_done(self, state: State, writes: int) -> bool:
        """An update may be merged into a newer one; then the newest of each record has arrived."""
        if state.writes >= writes:
            return True
        known = state.newest
        return self.cell.merges and all(
            known.get(name, -1) >= newest for name, newest in self._newest.items()
        )

    def _owe(self) -> None:
        """Until everything that was taken is owed."""
        since = time.monotonic()
        while self.where.unread() and time.monotonic() - since < 10 * PATIENCE_SECONDS:
            self.say("what was taken becomes owed")
            time.sleep(LOOK_SECONDS)

    def _act(self, what: str) -> None:
        headers = {"authorization": f"Bearer {self.key}", "idempotency-key": str(uuid4())}
        url = f"{self.stand.urls[0]}/api/v1/connections/salesforce:{what}"
        self.stand.client.post(url, json={"why": "bench"}, headers=headers).raise_for_status()
