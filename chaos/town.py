"""The town: simulators that outlive everything, a database that may fall over, and Bridge's nodes."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from bridge.connectors.jira.simulator.hooks import CLOUD
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.sender import WebhookSender
from bridge.connectors.simulation.serve import Served
from bridge.db import Database
from bridge.demo.simulators import PATH_SECRET, Simulators
from chaos.fleet import ROOT, Fleet, Frozen
from chaos.pace import DEADLINE, SCALE
from embedded.ports import own_port
from embedded.postgres import Server, start

VENDORS = ("jira", "salesforce", "teams")
JIRA_REPEATS = (100.0, 300.0)  # the vendor's seconds between two tries to tell something
WAYS = {
    "sqlite": ("serve",),
    "postgresql": ("serve",),
    "postgresql-3": ("serve", "serve", "serve"),
    "postgresql-work": ("serve", "work", "work"),
}


@dataclass(kw_only=True)
class Town:
    """Everything that stands in it.

    frozen      nodes that outslept their leases
    stopping    who waits for nodes that were asked to stop
    complaints  what went wrong beside what the vendors can tell
    """

    folder: Path
    there: Simulators
    fleet: Fleet
    database: Database
    server: Server | None
    frozen: list[Frozen] = field(default_factory=list)
    stopping: list[threading.Thread] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    faults: dict[str, Faults] = field(init=False)
    _served: dict[str, Served] = field(init=False)

    def __post_init__(self) -> None:
        there = self.there
        self.faults = {
            "jira": there.jira.faults,
            "salesforce": there.salesforce.faults,
            "teams": there.teams.faults,
        }
        self._served = dict(zip(VENDORS, there.served, strict=True))

    def refuse(self, vendor: str) -> None:
        """Nobody listens at its port any more."""
        self._served[vendor].close()

    def admit(self, vendor: str) -> None:
        """Somebody listens there again."""
        old = self._served[vendor]
        old.close()
        app = getattr(self.there, vendor).app
        self._served[vendor] = Served(app, port=int(old.url.rpartition(":")[2]))

    def close(self) -> None:
        for node in self.fleet.nodes.values():
            node.kill()
        for one in self._served.values():
            one.close()
        self.there.close()
        self.database.close()
        if self.server is not None:
            self.server.stop()


@contextmanager
def standing(kind: str, *, seed: int) -> Iterator[Town]:
    """A town of one of the `WAYS`, its nodes not started yet. Its folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-chaos-"))
    server = None if kind == "sqlite" else start()
    town: Town | None = None
    try:
        town = _founded(kind, folder, server, seed)
        yield town
    finally:
        if town is not None:
            town.close()
        elif server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _be_patient(there: Simulators) -> None:
    """Jira repeats what it tells until it is heard.

    It gives up after an hour, which is half a minute here, while a process takes as long to start as
    in life: the town would mostly try what nobody was told.
    """
    hooks = there.jira.site.hooks
    hooks.sender.close()
    patient = replace(CLOUD, retries=200, wait=lambda _: JIRA_REPEATS, lone_after=None)
    hooks.sender = WebhookSender(patient, pace=Pace(SCALE), faults=there.jira.faults)


def _founded(kind: str, folder: Path, server: Server | None, seed: int) -> Town:
    url = server.create("town") if server else f"sqlite:///{folder / 'bridge.db'}"
    there = Simulators.up(seed=seed, scale=SCALE, ports=(own_port(), own_port(), own_port()))
    _be_patient(there)
    environment = {
        "BRIDGE_DATABASE_URL": url,
        "BRIDGE_CONFIG": str(_configured(there, folder)),
        "BRIDGE_MAPPINGS": str(ROOT / "mappings"),
        "BRIDGE_LOG_FORMAT": "json",
    }
    fleet = Fleet.of(WAYS[kind], environment, folder)
    _aim(there, fleet.urls)
    return Town(folder=folder, there=there, fleet=fleet, database=Database(url), server=server)


def _configured(there: Simulators, folder: Path) -> Path:
    """The settings that reach the simulators, with the town's deadline for a call."""
    path = there.configure(folder)
    settings = yaml.safe_load(path.read_text("utf-8"))
    for one in settings["connections"].values():
        one["deadline"] = DEADLINE
    path.write_text(yaml.safe_dump(settings), "utf-8")
    return path


def _aim(there: Simulators, urls: list[str]) -> None:
    """Jira tells the first node that serves, Salesforce the others, as far as there are others."""
    there.aim(urls[0])
    if len(urls) > 1:
        there.salesforce.outbound_url = f"{urls[1]}/webhooks/salesforce/{PATH_SECRET}"
        there.salesforce.callout_url = f"{urls[-1]}/webhooks/salesforce"
