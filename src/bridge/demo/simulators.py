"""The three simulators on loopback, with the settings by which a Bridge reaches them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from bridge.clock import Clock, SystemClock
from bridge.connectors.jira.simulator import Flavour, JiraSimulator
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.salesforce.simulator.push import Callout
from bridge.connectors.salesforce.simulator.setup import (
    CASE_MESSAGE,
    COMMENT_MESSAGE,
    Setup,
)
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.connectors.teams.simulator import TeamsSimulator
from bridge.connectors.teams.simulator import build as teams

SCALE = 0.01  # the vendors' minutes become seconds
CHANNELS = ("engineering", "operations", "support", "alarms")
WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105  (guards a simulator on this machine)
PATH_SECRET = "demo-path-secret"  # noqa: S105
DECISION_SECRET = "demo-decision-secret-of-32-characters"  # noqa: S105


@dataclass(kw_only=True)
class Simulators:
    """A Jira site, a Salesforce org and a Teams team. `served` is in this order."""

    jira: JiraSimulator
    salesforce: SalesforceSimulator
    teams: TeamsSimulator
    served: tuple[Served, Served, Served]

    @classmethod
    def up(
        cls,
        *,
        seed: int = 7,
        scale: float = SCALE,
        ports: tuple[int, int, int] = (0, 0, 0),
        flavour: Flavour = Flavour.CLOUD,
        clock: Clock | None = None,
    ) -> Self:
        """Serve them on these ports, or on free ones, in the order of `served`.

        Raises OSError for a port that is taken, ValueError for a scale that is no pace.
        """
        clock, pace = clock or SystemClock(), Pace(scale)
        site = JiraSimulator(
            clock=clock, pace=pace, seed=seed, webhook_secret=WEBHOOK_SECRET, flavour=flavour
        )
        org = SalesforceSimulator(clock, pace, setup=_org(seed))
        rooms = teams(channels=CHANNELS, clock=clock, pace=pace, seed=seed)
        jira, salesforce, chat = (
            Served(app, port=number)
            for app, number in zip((site.app, org.app, rooms.app), ports, strict=True)
        )
        site.site_url = jira.url
        return cls(jira=site, salesforce=org, teams=rooms, served=(jira, salesforce, chat))

    @property
    def urls(self) -> tuple[str, str, str]:
        """Of Jira, Salesforce and Teams."""
        jira, salesforce, chat = self.served
        return jira.url, salesforce.url, chat.url

    def aim(self, bridge: str) -> None:
        """Send what happens here to a Bridge at this URL, which need not be up yet."""
        self.jira.webhook_url = f"{bridge}/webhooks/jira"
        self.salesforce.outbound_url = f"{bridge}/webhooks/salesforce/{PATH_SECRET}"
        self.salesforce.callout_secret = WEBHOOK_SECRET
        self.salesforce.callout_url = f"{bridge}/webhooks/salesforce"

    def configure(self, folder: Path) -> Path:
        """Write `bridge.yaml` and its secrets into a folder, as an operator would."""

        def secret(name: str, value: str) -> str:
            path = folder / name
            path.write_text(value, encoding="utf-8")
            return f"file:{path}"

        local = {"allow_hosts": ["127.0.0.1"]}
        channels = {
            name: {"url": secret(f"channel-{name}", self.teams.url(name, self.urls[2]))}
            for name in CHANNELS
        }
        connections: dict[str, Any] = {
            "jira": {**self._jira(), "token": secret("jira-token", "jira-token"),
                     "webhook": {"secrets": [secret("jira-webhook", WEBHOOK_SECRET)]}, **local},
            "salesforce": {
                "system": "salesforce", "url": self.urls[1],
                "organization_id": self.salesforce.setup.org_id,
                "user_id": self.salesforce.org.integration_user,
                "auth": {
                    "flow": "client_credentials", "client_id": self.salesforce.setup.client_id,
                    "client_secret": secret(
                        "salesforce-client", self.salesforce.setup.client_secret
                    ),
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
        whole = {
            "connections": connections,
            "alarms": alarms,
            "decisions": {"secret": secret("decisions", DECISION_SECRET)},
            "drift": {"every": "1h", "sample": "full"},
        }
        path.write_text(yaml.safe_dump(whole), "utf-8")
        return path

    def close(self) -> None:
        """Stop serving, then stop sending."""
        for one in reversed(self.served):
            one.close()
        self.jira.close()
        self.salesforce.close()

    def _jira(self) -> dict[str, str]:
        cloud = self.jira.site.state.flavour is Flavour.CLOUD
        who = {"email": "bridge@example.com"} if cloud else {"flavour": "datacenter"}
        return {"system": "jira", "url": self.urls[0], "project": "ENG", **who}


def _org(seed: int) -> Setup:
    """An org that tells by both ways: an Outbound Message, and a queued JSON callout."""
    callout = Callout(name="Case by callout", object="Case", fields=CASE_MESSAGE.fields)
    history = {"Case": ("Status", "Severity__c", "Priority", "Product_Line__c", "Description")}
    told = (CASE_MESSAGE, COMMENT_MESSAGE)
    return Setup(seed=seed, outbound=told, callouts=(callout,), callout_retries=8, history=history)
