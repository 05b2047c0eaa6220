"""The stage: three simulators and one Bridge, each behind a real socket on loopback."""

import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import yaml

from bridge.access.keys import NewKey, Role, create
from bridge.app import Bridge, build
from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.salesforce.simulator.push import Callout
from bridge.connectors.salesforce.simulator.setup import CASE_MESSAGE, Setup
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams.simulator import TeamsSimulator
from bridge.connectors.teams.simulator import build as teams
from bridge.settings import load
from bridge.web import api

SCALE = 0.01  # the vendors' minutes become seconds
CHANNELS = ("engineering", "operations", "support", "alarms")
WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105  (guards a simulator on this machine)
PATH_SECRET = "demo-path-secret"  # noqa: S105


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
    def up(cls, mappings: Path, *, port: int = 0, seed: int = 7, database: str = "") -> Self:
        """Start all four; raises what a wrong mapping folder raises.

        Without a `database` (a URL), a file that goes away with the stage.
        """
        folder = Path(tempfile.mkdtemp(prefix="bridge-demo-"))
        clock, pace = SystemClock(), Pace(SCALE)
        site = JiraSimulator(clock=clock, pace=pace, seed=seed, webhook_secret=WEBHOOK_SECRET)
        org = SalesforceSimulator(clock, pace, setup=_org(seed))
        rooms = teams(channels=CHANNELS, clock=clock, pace=pace, seed=seed)
        served = [Served(site.app), Served(org.app), Served(rooms.app)]
        site.site_url = served[0].url
        port = port or _free_port()
        config = _configure(folder, site, org, rooms, [one.url for one in served])
        environment = {
            "BRIDGE_DATABASE_URL": database or f"sqlite:///{folder / 'bridge.db'}",
            "BRIDGE_CONFIG": str(config),
            "BRIDGE_MAPPINGS": str(mappings),
            "BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BRIDGE_NODE": "demo",
        }
        bridge = build(load(environment), clock=clock, scale=SCALE)
        with bridge.database.transaction() as session:
            key = create(session, "demo", role=Role.ADMIN, now=clock.now())
        served.append(Served(api(bridge), port=port))
        stage = cls(
            folder=folder, jira=site, salesforce=org, teams=rooms, bridge=bridge,
            url=served[-1].url, key=key, served=served,
        )  # fmt: skip
        stage._aim()
        return stage

    def quiet(self) -> bool:
        """Nothing is on its way: no webhook, no message, no delivery."""
        return self.jira.idle() and self.salesforce.idle() and self.bridge.worker.idle()

    def close(self) -> None:
        for one in reversed(self.served):
            one.close()
        self.jira.close()
        self.salesforce.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _aim(self) -> None:
        self.jira.webhook_url = f"{self.url}/webhooks/jira"
        self.salesforce.outbound_url = f"{self.url}/webhooks/salesforce/{PATH_SECRET}"
        self.salesforce.callout_secret = WEBHOOK_SECRET
        self.salesforce.callout_url = f"{self.url}/webhooks/salesforce"


def _org(seed: int) -> Setup:
    """An org that tells by both ways: an Outbound Message, and a queued JSON callout."""
    callout = Callout(name="Case by callout", object="Case", fields=CASE_MESSAGE.fields)
    return Setup(seed=seed, callouts=(callout,), callout_retries=8)


def _configure(
    folder: Path,
    site: JiraSimulator,
    org: SalesforceSimulator,
    rooms: TeamsSimulator,
    urls: list[str],
) -> Path:
    """Write `bridge.yaml` and its secrets, as an operator would."""

    def secret(name: str, value: str) -> str:
        path = folder / name
        path.write_text(value, encoding="utf-8")
        return f"file:{path}"

    local = {"allow_hosts": ["127.0.0.1"]}
    channels = {
        name: {"url": secret(f"channel-{name}", rooms.url(name, urls[2]))} for name in CHANNELS
    }
    connections = {
        "jira": {
            "system": "jira", "url": urls[0], "email": "bridge@example.com",
            "token": secret("jira-token", "jira-token"), "project": "ENG",
            "webhook": {"secrets": [secret("jira-webhook", WEBHOOK_SECRET)]}, **local,
        },
        "salesforce": {
            "system": "salesforce", "url": urls[1], "organization_id": org.setup.org_id,
            "auth": {
                "flow": "client_credentials", "client_id": org.setup.client_id,
                "client_secret": secret("salesforce-client", org.setup.client_secret),
            },
            "webhook": {
                "path_secrets": [secret("salesforce-path", PATH_SECRET)],
                "callout_secrets": [secret("salesforce-callout", WEBHOOK_SECRET)],
            },
            **local,
        },
        "teams": {"system": "teams", "channels": channels, **local},
    }  # fmt: skip
    alarms = [{"teams": {"connection": "teams", "channel": "alarms"}}]
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump({"connections": connections, "alarms": alarms}), "utf-8")
    return path


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
