"""An estate: Bridge beside the simulators, with cases and issues from before it came."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select
from typer.testing import CliRunner

from bridge.cli.main import app
from bridge.connectors.jira.settings import JiraSettings
from bridge.demo.run import wait
from bridge.demo.stage import Stage
from bridge.ledger.tables import EventRow, LinkRow, RecordRow
from bridge.outbox.tables import DeliveryRow
from bridge.pipeline.adoption.store import WORKING

PATIENCE = 60.0  # seconds for one phase of an import
LOOK = 0.1


@dataclass(kw_only=True)
class Estate:
    """One stage for many tests: each brings its own cases and issues."""

    stage: Stage

    def case(self, **fields: Any) -> str:
        """A feedback case that nobody told Bridge of; its id."""
        told = {"RecordType": "Feedback", "Subject": "Reboots", "Severity__c": "Low", **fields}
        with self.silence():
            return self.stage.salesforce.create_case(**told)

    def number(self, case: str) -> str:
        """The number people call a case by."""
        return str(self.stage.salesforce.record("Case", case)["CaseNumber"])

    def issue(self, title: str = "Old work", **fields: Any) -> str:
        """An issue that nobody told Bridge of; its key."""
        with self.silence():
            return self.stage.jira.create_issue(title, fields=fields)

    def url(self, issue: str) -> str:
        """Where people read it."""
        settings = self.stage.bridge.connections["jira"].settings
        assert isinstance(settings, JiraSettings)
        return settings.browse(issue)

    def silence(self) -> "Silence":
        """Within it, neither system tells Bridge of anything."""
        return Silence(self.stage)

    def settle(self) -> None:
        assert wait(self.stage, lambda: None)

    def plan(self, wish: dict[str, Any]) -> dict[str, Any]:
        """An import once it is planned, or has failed."""
        answer = self.post("/links:import", {"role": "improvement", **wish})
        assert answer.status_code == 202, answer.text
        return self.follow(answer.json()["id"])

    def adopt(self, *pairs: tuple[str, str], **wish: Any) -> dict[str, Any]:
        """Plan these pairs and run the plan; how it went."""
        listed = [{"left": left, "right": right} for left, right in pairs]
        planned = self.plan({"pairs": listed, **wish})
        return self.run(planned["id"])

    def run(self, plan: str) -> dict[str, Any]:
        assert self.post(f"/links/imports/{plan}:run", {}).status_code == 202
        return self.follow(plan)

    def follow(self, plan: str) -> dict[str, Any]:
        """The import once nothing more is done about it."""
        return self.until(plan, lambda found: found["state"] not in WORKING)

    def until(self, plan: str, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The import once it is so."""
        until = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.get(f"/links/imports/{plan}")
            if there(found):
                return found
            assert time.monotonic() < until, found
            time.sleep(LOOK)

    def audited(self) -> dict[str, Any]:
        """An audit of all links, to its end."""
        answer = self.post("/drift:run", {})
        assert answer.status_code == 202, answer.text
        until = time.monotonic() + PATIENCE
        while True:
            found: dict[str, Any] = self.get(f"/drift/{answer.json()['id']}")
            if found["state"] != "comparing":
                return found
            assert time.monotonic() < until, found
            time.sleep(LOOK)

    def get(self, path: str, **query: Any) -> Any:
        answer = httpx.get(f"{self._api}{path}", params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        headers = {**self._headers, "idempotency-key": os.urandom(8).hex()}
        return httpx.post(f"{self._api}{path}", json=body, headers=headers)

    def command(
        self, *words: str, say: str = "", key: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """A command of ours, as somebody with a key types it. What is logged is kept from it."""
        key = key or self.stage.key.token
        ours = {"BRIDGE_URL": self.stage.url, "BRIDGE_KEY": key, "COLUMNS": "200"}
        ran = CliRunner().invoke(app, list(words), env=ours, input=say)
        return subprocess.CompletedProcess(list(words), ran.exit_code, ran.stdout, ran.stderr)

    def printed(self, *words: str) -> Any:
        """What a command with --json prints."""
        result = self.command(*words, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def deliveries(self, case: str, key: str) -> list[DeliveryRow]:
        """Everything owed because of these two records, oldest first."""
        about = [f"salesforce:Case:{case}", f"jira:issue:{self.stage.jira.issue(key)['id']}"]
        query = select(DeliveryRow).where(DeliveryRow.subject.in_(about)).order_by(DeliveryRow.seq)
        with self.stage.bridge.database.reading() as session:
            return list(session.scalars(query))

    def links(self, case: str) -> list[LinkRow]:
        query = select(LinkRow).where(LinkRow.left_ref == f"salesforce:Case:{case}")
        with self.stage.bridge.database.reading() as session:
            return list(session.scalars(query.order_by(LinkRow.created_at, LinkRow.id)))

    def rows(self) -> dict[str, int]:
        """How many links, records, events and deliveries there are."""
        with self.stage.bridge.database.reading() as session:
            return {
                table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
                for table in (LinkRow, RecordRow, EventRow, DeliveryRow)
            }

    @property
    def _api(self) -> str:
        return f"{self.stage.url}/api/v1"

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.stage.key.token}"}


class Silence:
    """The time before Bridge: no webhook is registered, no Outbound Message defined."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        org = stage.salesforce
        self._told = (stage.jira.webhook_url, org.outbound_url, org.callout_url)

    def __enter__(self) -> None:
        org = self._stage.salesforce
        self._stage.jira.webhook_url = org.outbound_url = org.callout_url = None

    def __exit__(self, *_: object) -> None:
        org = self._stage.salesforce
        self._stage.jira.webhook_url, org.outbound_url, org.callout_url = self._told
