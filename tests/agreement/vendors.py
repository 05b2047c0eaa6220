"""The vendors of a world: two Jira sites, an org and a team, and the settings that reach them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agreement.mail import Mail, Sender
from agreement.wire import Doom, Line, Wire
from bridge.connectors.jira.simulator import Flavour, JiraSimulator
from bridge.connectors.jira.simulator.hooks import CLOUD, ONCE
from bridge.connectors.salesforce.simulator import SalesforceSimulator, Setup
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.outbound import policy
from bridge.connectors.salesforce.simulator.sender import Outlet
from bridge.connectors.salesforce.simulator.setup import CASE_MESSAGE, COMMENT_MESSAGE
from bridge.connectors.simulation.faults import Faults
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.teams.simulator import TeamsSimulator
from bridge.connectors.teams.simulator import build as teams
from clocks import FakeClock

HOOK_SECRET, PATH_SECRET = "hook-secret", "path-secret"
SITES = {"jira": "https://acme.atlassian.net", "jira-dc": "https://jira.acme.example"}
ORG, TEAM = "https://acme.my.salesforce.com", "https://team.acme.example"
PACE = Pace(1.0)  # the clock is ours: the vendors' waits are as long as in life
TOLD = (CASE_MESSAGE, COMMENT_MESSAGE)
CHANNELS = ("engineering",)


@dataclass(kw_only=True)
class Vendors:
    """What stands outside, and outlives every Bridge."""

    clock: FakeClock
    mail: Mail
    seed: int = 1
    sites: dict[str, JiraSimulator] = field(init=False)
    org: SalesforceSimulator = field(init=False)
    team: TeamsSimulator = field(init=False)

    def __post_init__(self) -> None:
        self.sites = {
            "jira": self._site("jira", Flavour.CLOUD),
            "jira-dc": self._site("jira-dc", Flavour.DATACENTER),
        }
        self.org = SalesforceSimulator(self.clock, PACE, setup=Setup(seed=self.seed, outbound=TOLD))
        late = Sender(self.mail, policy(), render=self.org.outbound.render)
        self.org.outbound.outlet = Sent(self.org.org, late)
        self.org.outbound_url = f"https://bridge.test/webhooks/salesforce/{PATH_SECRET}"
        self.team = teams(channels=CHANNELS, clock=self.clock, pace=PACE, seed=self.seed)

    @property
    def faults(self) -> dict[str, Faults]:
        sites = {name: site.faults for name, site in self.sites.items()}
        return {**sites, "salesforce": self.org.faults, "teams": self.team.faults}

    def wires(self, line: Line, doom: Doom) -> dict[str, Wire]:
        """How Bridge reaches each, by the connection's name."""
        apps = {name: site.app for name, site in self.sites.items()}
        apps |= {"salesforce": self.org.app, "teams": self.team.app}
        return {
            name: Wire(line=line, app=app, vendor=name, mail=self.mail, doom=doom)
            for name, app in apps.items()
        }

    def configure(self, folder: Path) -> Path:
        """Write `bridge.yaml` and its secrets, as an operator would."""

        def secret(name: str, value: str) -> str:
            (folder / name).write_text(value, encoding="utf-8")
            return f"file:{folder / name}"

        hook = {"secrets": [secret("hook", HOOK_SECRET)]}
        token = secret("token", "jira-token")
        common = {"system": "jira", "token": token, "webhook": hook, "project": "ENG"}
        team = {name: {"url": secret(name, self.team.url(name, TEAM))} for name in CHANNELS}
        connections: dict[str, Any] = {
            "jira": {**common, "url": SITES["jira"], "email": "bridge@example.com",
                     "account_id": self.sites["jira"].site.state.bot.id},
            "jira-dc": {**common, "url": SITES["jira-dc"], "flavour": "datacenter",
                        "account_id": self.sites["jira-dc"].site.state.bot.name},
            "salesforce": self._org_settings(secret("client", self.org.setup.client_secret),
                                             secret("path", PATH_SECRET)),
            "teams": {"system": "teams", "channels": team, "allow_hosts": ["team.acme.example"]},
        }  # fmt: skip
        path = folder / "bridge.yaml"
        path.write_text(yaml.safe_dump({"connections": connections}), "utf-8")
        return path

    def _org_settings(self, client_secret: str, path_secret: str) -> dict[str, Any]:
        setup = self.org.setup
        flow = {"flow": "client_credentials", "client_id": setup.client_id}
        return {
            "system": "salesforce",
            "url": ORG,
            "organization_id": setup.org_id,
            "user_id": self.org.org.integration_user,
            "auth": {**flow, "client_secret": client_secret},
            "webhook": {"path_secrets": [path_secret]},
        }

    def _site(self, name: str, flavour: Flavour) -> JiraSimulator:
        site = JiraSimulator(
            clock=self.clock, pace=PACE, seed=self.seed, flavour=flavour, site_url=SITES[name]
        )
        hooks = site.site.hooks
        hooks.close()
        hooks.sender = Sender(self.mail, CLOUD if flavour is Flavour.CLOUD else ONCE)
        hooks.once = Sender(self.mail, ONCE)
        site.register_hook(f"https://bridge.test/webhooks/{name}", secret=HOOK_SECRET)
        return site


class Sent(Outlet):
    """The org's outlet, with a sender that has no thread."""

    def __init__(self, org: Org, sender: Sender) -> None:
        super().__init__(org, lambda: sender)  # type: ignore[arg-type, return-value]
