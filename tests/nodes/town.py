"""Processes over one PostgreSQL, a Jira that outlives them, and what each of them logs."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import yaml
from sqlalchemy import select

from bridge.clock import SystemClock
from bridge.connectors.contract import Message
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.db import Database
from bridge.inbox import store as inbox
from bridge.inbox.store import Arrival
from bridge.leadership.tables import JobRow
from bridge.outbox.tables import AttemptRow, DeliveryRow
from nodes import sleeper
from patience import until


@dataclass(frozen=True, kw_only=True)
class Process:
    """One node, and its log as far as it has written it."""

    popen: subprocess.Popen[bytes]
    log: Path

    def says(self, event: str) -> bool:
        """Whether it logs this before our patience ends."""
        return until(lambda: f'"{event}"' in self.log.read_text("utf-8"))

    def stands_still(self) -> bool:
        """Whether it stops itself before our patience ends."""
        stat = Path(f"/proc/{self.popen.pid}/stat")
        return until(lambda: stat.read_text("utf-8").rpartition(")")[2].split()[0] == "T")

    def go_on(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


@dataclass(kw_only=True)
class Town:
    """Nodes are started by name; all are gone at the end."""

    database: Database
    jira: JiraSimulator
    folder: Path
    environment: Mapping[str, str]
    processes: list[Process] = field(default_factory=list)

    def start(self, node: str, way: str = "steady", *, ahead: float = 0.0) -> Process:
        """A node; `way` says when it stops itself, `ahead` how wrong its wall clock is."""
        log = self.folder / f"{node}.log"
        own = {"BRIDGE_NODE": node, sleeper.AHEAD: str(ahead)}
        with log.open("wb") as file:
            popen = subprocess.Popen(
                [sys.executable, sleeper.__file__, way],
                env={**os.environ, **self.environment, **own},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        made = Process(popen=popen, log=log)
        self.processes.append(made)
        return made

    def tell(self, number: int) -> None:
        """The monitor has told of an alert; whoever works makes an issue of it."""
        body = orjson.dumps({"id": number, "fields": {"title": f"Alert {number}"}})
        now = SystemClock().now()
        message = Message(connection="monitor", headers={}, body=body, received_at=now)
        with self.database.transaction() as session:
            inbox.keep(session, [Arrival(message=message, dedupe_key=f"id:{number}")], now=now)

    def state(self) -> str | None:
        """Of the one delivery there is."""
        with self.database.reading() as session:
            return session.scalar(select(DeliveryRow.state))

    def attempts(self) -> list[tuple[str, str]]:
        """Who tried, and how it went."""
        with self.database.reading() as session:
            rows = session.scalars(select(AttemptRow).order_by(AttemptRow.seq)).all()
            return [(row.node, row.outcome) for row in rows]

    def jobs(self) -> set[str]:
        """Those that a leader has seen."""
        with self.database.reading() as session:
            return set(session.scalars(select(JobRow.name)))

    def titles(self) -> list[str]:
        """Of all issues."""
        return sorted(issue["fields"]["summary"] for issue in self.jira.issues())

    def close(self) -> None:
        for process in self.processes:
            process.kill()


def hurry(config: Path) -> None:
    """Calls must be over within a lease that is short."""
    document = yaml.safe_load(config.read_text("utf-8"))
    document["connections"]["jira"]["deadline"] = sleeper.DEADLINE
    config.write_text(yaml.safe_dump(document), "utf-8")
