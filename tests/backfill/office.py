"""The API of backfills over a town, and an operator who uses it."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from backfill.archive import Archive
from bridge.access import problems
from bridge.access.keys import Role, create
from bridge.access.tables import AuditRow
from bridge.canonical.ids import random_id
from bridge.pipeline.backfill.routes import router


class Office:
    def __init__(self, archive: Archive) -> None:
        self._town = archive.town
        app = FastAPI()
        app.state.database, app.state.clock = self._town.database, self._town.clock
        app.state.world = self._town.world
        app.include_router(router)
        problems.install(app)
        self.client = TestClient(app)
        now = self._town.clock.now()
        key = self._town.act(lambda session: create(session, "ann", role=Role.OPERATOR, now=now))
        self.head = {"Authorization": f"Bearer {key.token}"}

    def act(self, path: str, **body: Any) -> Any:
        head = {**self.head, "Idempotency-Key": random_id("key")}
        return self.client.post(f"/api/v1/backfills{path}", json=body, headers=head)

    def get(self, asked: str) -> Any:
        """One; without an id all of them."""
        path = f"/api/v1/backfills/{asked}".rstrip("/")
        return self.client.get(path, headers=self.head).raise_for_status().json()

    def audit(self) -> Sequence[dict[str, str]]:
        with self._town.database.reading() as session:
            rows = session.scalars(select(AuditRow).order_by(AuditRow.seq))
            return [{"verb": row.verb, "target": row.target} for row in rows]
