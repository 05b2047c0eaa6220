"""One Bridge between Salesforce, a Jira in the cloud and a Jira of our own, over sockets."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bridge.app import build
from bridge.bell import CHORES
from bridge.clock import SystemClock
from bridge.connectors.jira.simulator import Flavour, JiraSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import ring
from bridge.demo.simulators import SCALE, Simulators
from bridge.ledger import latest
from bridge.pipeline.polling import store as polls
from bridge.process import Bridge
from bridge.settings import load
from bridge.web import api
from patience import until

MAPPINGS = Path(__file__).parent / "both"
SECRET, TOKEN = "a-secret-of-our-own-jira", "a-token-of-our-own-jira"
PROJECT = "ENG"


@dataclass(kw_only=True)
class Town:
    """`sites`: by the name of the connection. `url`: of Bridge."""

    bridge: Bridge
    url: str
    here: Simulators
    own: JiraSimulator

    @property
    def sites(self) -> dict[str, JiraSimulator]:
        return {"jira": self.here.jira, "jira-dc": self.own}

    def plan(self) -> None:
        """What the leader does twice a minute: what is changed from then on is found."""
        with self.bridge.database.transaction() as session:
            sources = self.bridge.world.sets.active(session).sources
            wanted = {one.id: one.poll.every for one in sources if one.poll is not None}
            polls.plan(session, wanted, now=self.bridge.clock.now())

    def search(self) -> None:
        """The time of each search has come."""
        with self.bridge.database.transaction() as session:
            for row in polls.rows(session):
                row.due_at = min(row.due_at, self.bridge.clock.now())
            ring(session, CHORES)

    def knows(self, site: str) -> bool:
        """Whether a search has shown the issue there, as it was made."""
        self.search()
        ref = f"{site}:issue:{self.issue(site)['id']}"
        with self.bridge.database.reading() as session:
            return bool(latest.read(session, [ref]))

    def case(self, product: str, title: str) -> str:
        """Somebody says something about a product; the case's id."""
        return self.here.salesforce.create_case(
            RecordType="Feedback",
            Subject=title,
            Description="Words of a customer.",
            Severity__c="High",
            Product_Line__c=product,
        )

    def shown(self, case: str, field: str) -> Any:
        return self.here.salesforce.record("Case", case)[field]

    def issue(self, site: str) -> dict[str, Any]:
        """The only one there."""
        (found,) = self.sites[site].issues()
        return found

    def said(self, case: str, site: str) -> tuple[list[str], list[str]]:
        """What is said on the case and on its issue, without who said it; in any order."""
        on_case = [one["CommentBody"] for one in self.here.salesforce.case_comments(case)]
        on_issue = [one["body"] for one in self.sites[site].comments(self.issue(site)["key"])]
        return sorted(map(_text, on_case)), sorted(map(_text, on_issue))

    def files(self, case: str, site: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """On the case and on its issue."""
        org = self.here.salesforce
        rows = org.records("ContentVersion")
        mine = [one for one in rows if one["FirstPublishLocationId"] == case]
        issue = self.sites[site].site.state.issue(self.issue(site)["key"])
        return (
            {str(one["PathOnClient"]): org.org.files[str(one["Id"])] for one in mine},
            {one.name: one.content for one in issue.attachments.values()},
        )

    def title(self, site: str) -> str:
        return str(self.issue(site)["fields"]["summary"])


@contextmanager
def town(folder: Path, *, told: bool = True) -> Iterator[Town]:
    """Served until the end. Unless `told`, no Jira sends a webhook: what happens must be looked for."""
    clock = SystemClock()
    here = Simulators.up(seed=5)
    own = JiraSimulator(
        clock=clock,
        pace=Pace(SCALE),
        seed=6,
        token=TOKEN,
        webhook_secret=SECRET,
        flavour=Flavour.DATACENTER,
    )
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    with Served(own.app) as served:
        own.site_url = served.url
        bridge = build(load(_environment(folder, here, served.url, url)), clock=clock, scale=SCALE)
        with Served(api(bridge), door=door):
            here.aim(url)
            own.webhook_url = f"{url}/webhooks/jira-dc"
            made = Town(bridge=bridge, url=url, here=here, own=own)
            if not told:
                for site in made.sites.values():
                    site.webhook_url = None
            yield made
        here.close()
    own.close()


def _environment(folder: Path, here: Simulators, own: str, url: str) -> dict[str, str]:
    """As an operator writes it: what the simulators say, and a second Jira."""
    config = here.configure(folder)
    file = yaml.safe_load(config.read_text("utf-8"))
    (folder / "own-token").write_text(TOKEN, "utf-8")
    (folder / "own-secret").write_text(SECRET, "utf-8")
    hook = {"name": "Bridge", "events": ["jira:issue_created", "jira:issue_updated"]}
    file["connections"]["jira"]["webhook"]["registered"] = [{**hook, "url": f"{url}/webhooks/jira"}]
    file["connections"]["jira-dc"] = {
        "system": "jira",
        "flavour": "datacenter",
        "url": own,
        "project": PROJECT,
        "account_id": "bridge",
        "token": f"file:{folder / 'own-token'}",
        "allow_hosts": ["127.0.0.1"],
        "webhook": {
            "secrets": [f"file:{folder / 'own-secret'}"],
            "registered": [{**hook, "url": f"{url}/webhooks/jira-dc"}],
        },
    }
    config.write_text(yaml.safe_dump(file), "utf-8")
    return {
        "BRIDGE_DATABASE_URL": f"sqlite:///{folder / 'bridge.db'}",
        "BRIDGE_CONFIG": str(config),
        "BRIDGE_MAPPINGS": str(shutil.copytree(MAPPINGS, folder / "mappings")),
        "BRIDGE_PUBLIC_URL": url,
        "BRIDGE_NODE": "both",
    }


def _text(body: str) -> str:
    said = body.partition("[bridge ")[0].replace("\r\n", "\n")
    return (said.partition(" UTC:\n\n")[2] or said).strip()


def comes(what: Any) -> bool:
    """Within our patience it is so; a record that is not there yet is not so."""

    def look() -> bool:
        try:
            return bool(what())
        except ValueError:  # not exactly one
            return False

    return until(look)
