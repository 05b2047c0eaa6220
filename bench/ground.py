"""A Bridge that stands still on a database that has a past, and what it does by name, step by step.

The steps are the real ones. What they cost at which size is measured by `bench.growth`; which
indexes they go by is pinned by `tests/growth`.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from bench.webhook import Update, request
from bridge.access.keys import Role, create
from bridge.app import build
from bridge.canonical.ids import random_id
from bridge.connectors.contract import Message
from bridge.duties.retention.cut import Cut
from bridge.duties.retention.run import STEPS, Step
from bridge.inbox import store as inbox
from bridge.inbox.store import Arrival
from bridge.leadership.jobs import Job
from bridge.outbox.claims import Claimed, End
from bridge.outbox.tables import State
from bridge.process import Bridge
from bridge.settings import load
from bridge.web import api

MAPPINGS = Path(__file__).parent / "mappings"
MESSAGES, CALLS = 50, 16
_SINCE = "2026-11-21T00:00:00Z"
LISTS: Mapping[str, str] = {
    "api.deliveries": "/api/v1/deliveries",
    "api.deliveries, dead": "/api/v1/deliveries?state=dead",
    "api.deliveries, expired": "/api/v1/deliveries?state=expired",
    "api.deliveries, pending": "/api/v1/deliveries?state=pending",
    "api.deliveries, of a subject": "/api/v1/deliveries?subject=jira:issue:10007",
    "api.deliveries, of an event": "/api/v1/deliveries?event=evt_x",
    "api.deliveries, of a rule": "/api/v1/deliveries?rule=seldom",
    "api.deliveries, of an action": "/api/v1/deliveries?action=jira.add_comment",
    "api.deliveries, of a connection": "/api/v1/deliveries?connection=teams",
    "api.deliveries, of a group": "/api/v1/deliveries?group=grp_x",
    "api.deliveries, by text": "/api/v1/deliveries?text=nobody+ever+said+this",
    "api.deliveries, uncertain": "/api/v1/deliveries?uncertain=true",
    "api.deliveries, since": f"/api/v1/deliveries?since={_SINCE}",
    "api.groups": "/api/v1/deliveries/groups",
    "api.events": "/api/v1/events",
    "api.events, of a kind": "/api/v1/events?kind=release.updated",
    "api.events, of a subject": "/api/v1/events?subject=jira:issue:10007",
    "api.events, not matched": "/api/v1/events?matched=none",
    "api.events, since": f"/api/v1/events?since={_SINCE}",
    "api.messages": "/api/v1/messages",
    "api.messages, bad": "/api/v1/messages?state=bad",
    "api.messages, ignored": "/api/v1/messages?state=ignored",
    "api.messages, of a connection": "/api/v1/messages?connection=salesforce",
    "api.messages, of a type": "/api/v1/messages?event_type=seldom",
    "api.record, by ref": "/api/v1/records?ref=jira:issue:10007",
    "api.record, by key": "/api/v1/records?ref=ENG-7",
    "api.record, by URL": "/api/v1/records?ref=https://acme.atlassian.net/browse/ENG-7",
    "api.record, by id": "/api/v1/records?ref=500Wq0000000007",
    "api.record, unknown": "/api/v1/records?ref=NOBODY-1",
    "api.connections": "/api/v1/connections",
    "api.links, dead": "/api/v1/links?state=dead",
    "api.holds": "/api/v1/holds",
    "api.stats, an hour": "/api/v1/stats?since=1h",
}


@dataclass(kw_only=True)
class Ground:
    """One node that does what it is told and nothing by itself."""

    bridge: Bridge
    client: TestClient
    _number: int = 0
    _claimed: list[Claimed] = field(default_factory=list)

    @property
    def steps(self) -> Mapping[str, Callable[[], object]]:
        """In this order; each does one turn of something that is done again and again."""
        duties = {f"duty {work.name}": self._duty(work) for work in self._works()}
        thinned = {f"retention {step.__name__}": self._thin(step) for step in STEPS}
        lists = {name: self._get(url) for name, url in LISTS.items()}
        return {
            "inbox: keep": self.keep,
            "inbox: look": self.look,
            "inbox: drain": self.bridge.worker.intake.drain,
            "outbox: claim": self.claim,
            "outbox: record": self.record,
            "chores": self.bridge.worker.chores.step,
            "gauges": self.bridge.worker.gauges,
            **duties,
            **thinned,
            **lists,
        }

    def keep(self) -> None:
        """Messages of records that have a history."""
        arrivals = [self._arrival() for _ in range(MESSAGES)]
        with self.bridge.database.transaction() as session:
            inbox.keep(session, arrivals, now=self.bridge.clock.now())

    def look(self) -> bool:
        with self.bridge.database.reading() as session:
            return inbox.anything_due(session, now=self.bridge.clock.now())

    def claim(self) -> int:
        self._claimed = list(self.bridge.worker.dispatcher.claim(CALLS, busy={}))
        return len(self._claimed)

    def record(self) -> None:
        """What was claimed went well."""
        end = End(state=State.SUCCEEDED, outcome="done", result={"ref": "x"}, seconds=0.05)
        self.bridge.worker.dispatcher.recorder.record([(one, end) for one in self._claimed])
        self._claimed = []

    def _works(self) -> Iterator[Any]:
        skipped = {"retention", "heartbeat"}
        return (w for w in self.bridge.worker.clockwork.works if w.name not in skipped)

    def _duty(self, work: Any) -> Callable[[], None]:
        def run() -> None:
            now = self.bridge.clock.now()
            if isinstance(work, Job):
                with self.bridge.database.transaction() as session:
                    work.run(session, now)
            else:
                work.run(now)

        return run

    def _thin(self, step: Step) -> Callable[[], int]:
        def run() -> int:
            keep = self.bridge.loaded.file.retention
            with self.bridge.database.transaction() as session:
                return step(session, Cut(keep=keep, now=self.bridge.clock.now())).gone

        return run

    def _get(self, url: str) -> Callable[[], int]:
        return lambda: self.client.get(url).status_code

    def _arrival(self) -> Arrival:
        self._number += 1
        update = Update(number=self._number, record=self._number * 7 % 500, turn=self._number)
        body = request(update, secret="x").partition(b"\r\n\r\n")[2]  # noqa: S106
        message = Message(connection="jira", headers={}, body=body, received_at=datetime.now(UTC))
        return Arrival(message=message, dedupe_key=random_id("ground"))


@contextmanager
def ground(database_url: str, folder: Path) -> Iterator[Ground]:
    """Put a node together on this database. Nothing is called and nothing is started."""
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("BRIDGE_")},
        "BRIDGE_DATABASE_URL": database_url,
        "BRIDGE_CONFIG": str(_configure(folder)),
        "BRIDGE_MAPPINGS": str(MAPPINGS),
    }
    bridge = build(load(environment))
    with bridge.database.transaction() as session:
        key = create(session, random_id("ground"), role=Role.ADMIN, now=bridge.clock.now()).token
    client = TestClient(api(bridge), headers={"authorization": f"Bearer {key}"})
    try:
        yield Ground(bridge=bridge, client=client)
    finally:
        bridge.close()


def _configure(folder: Path) -> Path:
    """A `bridge.yaml` whose systems nobody reaches."""
    (folder / "secret").write_text("nobody", encoding="utf-8")
    secret = f"file:{folder / 'secret'}"
    client = {"flow": "client_credentials", "client_id": "bench", "client_secret": secret}
    nowhere = "http://127.0.0.1:9"
    connections = {
        "jira": {
            "system": "jira", "url": nowhere, "email": "bench@example.com", "token": secret,
            "project": "ENG", "webhook": {"secrets": [secret]},
        },
        "salesforce": {"system": "salesforce", "url": nowhere, "auth": client},
    }  # fmt: skip
    path = folder / "bridge.yaml"
    caps = {"writes_per_hour": "none", "per_record": "none"}  # a load is no rule that goes wild
    told = {"connections": connections, "caps": caps}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path
