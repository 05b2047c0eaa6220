"""One Bridge behind its real routes, whose workers stand still until a test lets them drain."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select

from bridge.access.keys import Role, create
from bridge.access.paging import Span
from bridge.alarms import store as alarm_store
from bridge.alarms.alarm import Alarm
from bridge.app import build
from bridge.canonical.ids import random_id
from bridge.connectors.salesforce.simulator import SalesforceSimulator
from bridge.connectors.simulation.scale import Pace
from bridge.connectors.simulation.serve import Served
from bridge.db import Base
from bridge.inbox.tables import MessageRow
from bridge.process import Bridge
from bridge.settings import load
from bridge.web import api
from clocks import FakeClock

MAPPINGS = Path(__file__).parents[2] / "mappings"
SECRET, PREVIOUS = "jira-secret-now", "jira-secret-before"
AUTOMATION = "automation-secret"
CHANNELS = ("engineering", "support", "operations")  # those that the shipped mappings name
CALLOUT, PATH_SECRET = "callout-secret", "path-secret"
MONITOR = "monitor-secret"
INCIDENT: dict[str, Any] = {
    "timestamp": 1_795_424_400_000,
    "webhookEvent": "jira:issue_created",
    "issue": {
        "id": "10231",
        "key": "ENG-9",
        "fields": {
            "summary": "Cloud is down",
            "issuetype": {"id": "10010", "name": "Incident"},
            "project": {"id": "10001", "key": "ENG", "name": "Engineering"},
            "status": {
                "id": "3",
                "name": "In Progress",
                "statusCategory": {"key": "indeterminate"},
            },
            "created": "2026-11-23T09:00:00.000+0000",
            "updated": "2026-11-23T09:00:00.000+0000",
        },
    },
}


@dataclass(kw_only=True, repr=False)
class House:
    """`monitor` and `pager` are two systems with one secret; `bare` is one without any."""

    bridge: Bridge
    clock: FakeClock
    folder: Path
    door: TestClient
    organization: str

    def jira(self, body: Any, *, secret: str = SECRET, **headers: str) -> Response:
        """Post what a Jira site would: a signed webhook."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        signed = {"x-hub-signature": f"sha256={digest}", **_dashed(headers)}
        return self.door.post("/webhooks/jira", content=raw, headers=signed)

    def callout(self, body: bytes, *, secret: str = CALLOUT) -> Response:
        """Post a signed JSON callout, as Apex would."""
        return self._timed("salesforce", body, secret)

    def outbound(self, body: bytes, *, secret: str = PATH_SECRET) -> Response:
        """Post an Outbound Message."""
        headers = {"content-type": "text/xml; charset=utf-8"}
        return self.door.post(f"/webhooks/salesforce/{secret}", content=body, headers=headers)

    def signed(self, body: bytes, *, to: str = "monitor", secret: str = MONITOR) -> Response:
        """Post signed JSON of a system without a connector."""
        return self._timed(to, body, secret)

    def client(self, role: Role | None) -> TestClient:
        """A client of the API with a key of this role, or none."""
        client = TestClient(self.door.app, raise_server_exceptions=False)
        if role is not None:
            with self.bridge.database.transaction() as session:
                key = create(
                    session, f"a {role} {random_id(role)}", role=role, now=self.clock.now()
                )
            client.headers["Authorization"] = f"Bearer {key.token}"
        return client

    def drain(self) -> None:
        """Translate all that is due, and decide on it. Nothing is sent."""
        while self.bridge.worker.intake.drain():
            pass

    def gather(self) -> None:
        """The first wait of each group of alerts is over: their cards are owed."""
        self.clock.advance(10)
        self.bridge.worker.chores.step()

    def messages(self) -> list[MessageRow]:
        """What was kept, in the order it came."""
        with self.bridge.database.reading() as session:
            return list(session.scalars(select(MessageRow).order_by(MessageRow.seq)))

    def alarms(self) -> dict[str, Alarm]:
        """Every alarm by its key, once what was told of 503s has been written."""
        self.bridge.background.submit(lambda: None).result(60)
        with self.bridge.database.reading() as session:
            return {alarm.key: alarm for alarm in alarm_store.page(session, Span(limit=100))}

    def count(self, table: type[Base]) -> int:
        with self.bridge.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def metric(self, name: str, **labels: str) -> float:
        """What Prometheus would read."""
        shown = self.bridge.metrics.exposition().decode()
        told = ",".join(f'{label}="{value}"' for label, value in labels.items())
        wanted = f"{name}{{{told}}}" if labels else name
        lines = (line.rsplit(" ", 1) for line in shown.splitlines() if not line.startswith("#"))
        return next((float(value) for found, value in lines if found == wanted), 0.0)

    def rotate(self, name: str, secret: str) -> None:
        """Write another secret into a file that the settings name."""
        (self.folder / name).write_text(secret, encoding="utf-8")

    def _timed(self, to: str, body: bytes, secret: str) -> Response:
        at = str(int(self.clock.now().timestamp()))
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-signature-timestamp": at, "x-signature": f"v1={digest}"}
        return self.door.post(f"/webhooks/{to}", content=body, headers=headers)


@contextmanager
def opened(url: str, folder: Path, clock: FakeClock) -> Iterator[House]:
    """A house on an empty database, with a Salesforce org that can be asked for records."""
    with ExitStack() as stack:
        org = SalesforceSimulator(clock, Pace(0.001))
        stack.callback(org.close)
        served = stack.enter_context(Served(org.app))
        config = folder / "bridge.yaml"
        config.write_text(yaml.safe_dump({"connections": _connections(folder, org, served.url)}))
        environment = {
            "BRIDGE_DATABASE_URL": url,
            "BRIDGE_CONFIG": str(config),
            "BRIDGE_MAPPINGS": str(MAPPINGS),
            "BRIDGE_MAX_IN_FLIGHT_BYTES": "40000000",
        }
        bridge = build(load(environment), clock=clock)
        stack.callback(bridge.close)
        door = TestClient(api(bridge), raise_server_exceptions=False)
        yield House(
            bridge=bridge,
            clock=clock,
            folder=folder,
            door=door,
            organization=org.setup.org_id,
        )


def _connections(folder: Path, org: SalesforceSimulator, url: str) -> dict[str, Any]:
    def secret(name: str, value: str) -> str:
        (folder / name).write_text(value, encoding="utf-8")
        return f"file:{folder / name}"

    signed = {"secrets": [secret("monitor", MONITOR)]}
    site = {
        "system": "jira",
        "url": "http://127.0.0.1:9",
        "email": "bridge@harbour.example",
        "token": secret("token", "jira-token"),
    }
    hook = {
        "secrets": [secret("now", SECRET), secret("before", PREVIOUS)],
        "automation_header": "X-Bridge-Pass",
        "automation_secrets": [secret("automation", AUTOMATION)],
    }
    return {
        "jira": {**site, "webhook": hook},
        "salesforce": {
            "system": "salesforce",
            "url": url,
            "organization_id": org.setup.org_id,
            "allow_hosts": ["127.0.0.1"],
            "auth": {
                "flow": "client_credentials",
                "client_id": org.setup.client_id,
                "client_secret": secret("client", org.setup.client_secret),
            },
            "webhook": {
                "path_secrets": [secret("path", PATH_SECRET)],
                "callout_secrets": [secret("callout", CALLOUT)],
            },
        },
        "monitor": {"system": "generic", "webhook": signed},
        "pager": {"system": "generic", "webhook": signed},
        "bare": {"system": "generic"},
        "teams": {
            "system": "teams",
            "channels": {name: {"url": f"env:NO_{name}"} for name in CHANNELS},
        },
    }


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
