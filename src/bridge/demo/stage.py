"""The stage: three simulators and one Bridge, each behind a real socket on loopback."""

import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

from bridge.access.keys import NewKey, Role, create
from bridge.app import build
from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams.simulator import TeamsSimulator
from bridge.demo.simulators import SCALE, Simulators
from bridge.process import Bridge
from bridge.settings import load
from bridge.web import api


@dataclass(kw_only=True)
class Stage:
    """Everything that stands on it. `close()` takes it down and deletes its folder."""

    folder: Path
    jira: JiraSimulator
    salesforce: SalesforceSimulator
    teams: TeamsSimulator
    bridge: Bridge
    url: str
    key: NewKey
    served: list[Served] = field(default_factory=list)

    @classmethod
    def up(
        cls,
        mappings: Path,
        *,
        port: int = 0,
        seed: int = 7,
        database: str = "",
        scale: float = SCALE,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Self:
        """Start all four; raises what a wrong mapping folder raises.

        Without a `database` (a URL), a file that goes away with the stage. `scale` is of Bridge's own
        waits. `more`: files that stand in the mappings beside those of the folder.
        """
        folder = Path(tempfile.mkdtemp(prefix="bridge-demo-"))
        clock, there = SystemClock(), Simulators.up(seed=seed)
        door = socket.create_server(("127.0.0.1", port))
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        config = there.configure(folder)
        environment = {
            "BRIDGE_DATABASE_URL": database or f"sqlite:///{folder / 'bridge.db'}",
            "BRIDGE_CONFIG": str(config),
            "BRIDGE_MAPPINGS": str(_with(mappings, more, folder)),
            "BRIDGE_PUBLIC_URL": url,
            "BRIDGE_NODE": "demo",
        }
        bridge = build(load(environment), clock=clock, scale=scale)
        with bridge.database.transaction() as session:
            key = create(session, "demo", role=Role.ADMIN, now=clock.now())
        served = [*there.served, Served(api(bridge), door=door)]
        there.aim(url)
        return cls(
            folder=folder, jira=there.jira, salesforce=there.salesforce, teams=there.teams,
            bridge=bridge, url=url, key=key, served=served,
        )  # fmt: skip

    def quiet(self) -> bool:
        """Nothing is on its way: no webhook, no message, no delivery."""
        return self.jira.idle() and self.salesforce.idle() and self.bridge.worker.idle()

    def close(self) -> None:
        for one in reversed(self.served):
            one.close()
        self.jira.close()
        self.salesforce.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _with(mappings: Path, more: Mapping[str, str], folder: Path) -> Path:
    """The folder itself, or a copy of it with these files."""
    if not more:
        return mappings
    made = folder / "mappings"
    shutil.copytree(mappings, made)
    for name, text in more.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    return made
