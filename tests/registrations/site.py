"""A Bridge that declares a webhook, and the simulated Jira where it should be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.connectors.jira.simulator import JiraSimulator
from bridge.duties.webhooks import look
from bridge.process import Bridge
from bridge.web import api
from duties.house import House

URL = "https://bridge.example.com/webhooks/jira"
EVENTS = ["comment_created", "jira:issue_created", "jira:issue_updated"]
SECRET = "a-secret-of-a-webhook"
TOKEN = "jira-token"
DECLARED = {"name": "Bridge", "url": URL, "events": EVENTS, "jql": "project = ENG"}


@dataclass(kw_only=True)
class Site:
    """`declared`: what `webhook.registered` holds. `app`: we sign in as an app of Cloud."""

    bridge: Bridge
    jira: JiraSimulator
    client: TestClient

    def standing(self) -> list[tuple[str, str, str]]:
        answer = self.client.get("/api/v1/connections/jira/webhooks")
        assert answer.status_code == 200, answer.text
        return [(one["standing"], one["detail"], one["repair"]) for one in answer.json()]

    def repair(self, key: str = "once") -> Any:
        headers = {"idempotency-key": f'"{key}"'}
        path = "/api/v1/connections/jira/webhooks:repair"
        return self.client.post(path, headers=headers)

    def hooks(self) -> list[tuple[str, str, bool]]:
        """Those of this URL: name, filter and whether a secret is set."""
        there = self.jira.site.hooks.hooks.values()
        return [(one.name, one.jql, bool(one.secret)) for one in there if one.url == URL]

    def led(self) -> None:
        """The leader's hour has come."""
        look(self.bridge.world, self.bridge.connections)

    def alarm(self) -> str:
        """What the alarm about webhooks says; empty when it is not down."""
        with self.bridge.database.reading() as session:
            row = alarms.down(session, "webhooks:jira")
        return row.text if row is not None else ""


@contextmanager
def opened(
    house: House, jira: JiraSimulator, *, flavour: str, declared: dict[str, Any], app: bool = False
) -> Iterator[Site]:
    (house.folder / "token").write_text(TOKEN, encoding="utf-8")
    (house.folder / "secret").write_text(SECRET, encoding="utf-8")
    (house.folder / "monitoring").write_text("monitoring-secret", encoding="utf-8")
    channel = {"url": f"file:{house.folder / 'teams'}"}
    ours: dict[str, Any] = {
        "system": "jira",
        "url": jira.site_url,
        "flavour": flavour,
        "token": f"file:{house.folder / 'token'}",
        "allow_hosts": ["127.0.0.1"],
        "webhook": {"secrets": [f"file:{house.folder / 'secret'}"], "registered": [declared]},
    }
    ours |= {"oauth": True} if app else {"email": "bridge@example.com"}
    monitoring = {"secrets": [f"file:{house.folder / 'monitoring'}"]}
    bridge = house.build(
        connections={
            "jira": ours,
            "monitoring": {"system": "generic", "webhook": monitoring},
            "teams": {"system": "teams", "channels": {"alarms": channel}},
        }
    )
    with bridge.database.transaction() as session:
        key = create(session, "an operator", role=Role.OPERATOR, now=bridge.clock.now())
    client = TestClient(api(bridge, drains=False), raise_server_exceptions=False)
    client.headers["authorization"] = f"Bearer {key.token}"
    yield Site(bridge=bridge, jira=jira, client=client)
    client.close()
