"""The nodes: processes that are killed, frozen, asked to stop, and started again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from chaos.node import WRONG_BY
from chaos.pace import TERM
from embedded.ports import own_port

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.05  # between looks whether it answers
APART = (
    20.0  # by which each node's clock is ahead of the one before: half an hour at the town's pace
)


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A node stood still for longer than its leases, until `thawed` (of `time.time`)."""

    node: str
    thawed: float


@dataclass(kw_only=True)
class Node:
    """One process and its log. What is asked of one that is not there is not done."""

    name: str
    way: str  # serve or work
    port: int
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    wrong_by: float = 0.0  # seconds, from the start
    starts: int = 0
    _frozen: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock(self) -> Path:
        return Path(self.environment[WRONG_BY])

    def start(self) -> None:
        with self._lock:
            if self.process is not None and self.process.poll() is None:
                return
            self.starts += 1
            self._frozen = None
            with self.log.open("ab") as file:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "chaos.node", self.way],
                    cwd=ROOT,
                    env={**os.environ, **self.environment},
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is the town's to handle
                )

    def up(self) -> None:
        """Start it, and wait until it answers."""
        self.start()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/healthz", timeout=5).raise_for_status()
            except httpx.HTTPError:
                time.sleep(LOOK_SECONDS)
            else:
                return
        raise RuntimeError(f"{self.name} does not come up: {self.log.read_text()[-2_000:]}")

    def kill(self) -> None:
        """At once, whatever it does; it goes without a word."""
        with self._lock:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
                self.process = self._frozen = None

    def freeze(self) -> None:
        """It stands still and does not know it."""
        with self._lock:
            if self.process is not None and self._frozen is None:
                self.process.send_signal(signal.SIGSTOP)
                self._frozen = time.time()

    def thaw(self) -> Frozen | None:
        """It goes on; what that was, if its leases are over meanwhile."""
        with self._lock:
            if self.process is None or self._frozen is None:
                return None
            now, since = time.time(), self._frozen
            self._frozen = None
            self.process.send_signal(signal.SIGCONT)
        return Frozen(node=self.name, thawed=now) if now - since > TERM.total_seconds() else None

    def stop(self) -> str:
        """Ask it to end, and wait for that; what is to be complained of."""
        process = self.process
        if process is None or self._frozen is not None:
            return ""
        process.terminate()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return f"{self.name} was asked to stop and did not within {STOP_SECONDS:.0f} s"
        asked = {0, -signal.SIGTERM, -signal.SIGKILL}  # the last by somebody else meanwhile
        return "" if code in asked else f"{self.name} was asked to stop and ended with {code}"

    def set_clock(self, seconds: float) -> None:
        """Its wall clock is wrong by so many more seconds from now on than it was at the start."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(self.wrong_by + seconds), encoding="utf-8")
        new.replace(self.clock)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """All nodes of one database."""

    nodes: Mapping[str, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, ways: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> "Fleet":
        """Nodes that are not started yet: `serve` or `work` each. Their clocks are apart."""
        made = {}
        for number, way in enumerate(ways, 1):
            name, port = f"n{number}", own_port()
            clock, wrong_by = folder / f"{name}.clock", (number - 1) * APART
            clock.write_text(str(wrong_by), encoding="utf-8")
            own = {"BRIDGE_NODE": name, "BRIDGE_PORT": str(port), WRONG_BY: str(clock)}
            made[name] = Node(
                name=name,
                way=way,
                port=port,
                wrong_by=wrong_by,
                environment={**environment, **own},
                log=folder / f"{name}.log",
            )
        return cls(nodes=made)

    @property
    def urls(self) -> list[str]:
        """Where webhooks go: the nodes that serve."""
        return [one.url for one in self.nodes.values() if one.way == "serve"]
