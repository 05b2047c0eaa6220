"""The API as `serve` puts it together, and clients of it with each role."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from fastapi import FastAPI
from fastapi.testclient import TestClient

from bridge.access.keys import Role, create
from bridge.alarms import store as alarms
from bridge.db import Database
from bridge.outbox.tables import State
from bridge.process import Bridge
from bridge.web import api
from clocks import FakeClock
from duties import rows
from duties.house import House

ROWS = 5
# In place of a dry-run's process, which takes seconds to start; its own tests have the real one.
REPORTS = "import sys; sys.stdin.buffer.read(); print('{\"report\":{}}')"


@dataclass(kw_only=True)
class Front:
    house: House
    bridge: Bridge
    app: FastAPI
    keys: dict[Role, str]

    @classmethod
    def open(cls, database: Database, folder: Path, clock: FakeClock) -> Self:
        house = House(folder=folder, database=database, clock=clock)
        bridge = house.build()
        keys = {}
        with bridge.database.transaction() as session:
            for role in Role:
                keys[role] = create(session, f"a {role}", role=role, now=clock.now()).token
        _fill(bridge, clock)
        app = api(bridge)
        app.state.dry_runs.command = (sys.executable, "-S", "-c", REPORTS)
        return cls(house=house, bridge=bridge, app=app, keys=keys)

    def client(self, role: Role | None = Role.ADMIN) -> TestClient:
        """Somebody with a key of that role; `None` has none. Nothing drains: it is not started."""
        client = TestClient(self.app, raise_server_exceptions=False)
        if role is not None:
            client.headers["Authorization"] = f"Bearer {self.keys[role]}"
        return client

    def close(self) -> None:
        self.house.close()

    def routes(self) -> Iterator[tuple[str, str]]:
        """(method, path) of everything that is served, hidden or not; parameters are filled in."""
        for method, path in self.paths():
            filled = path.replace("{connection}", "monitoring").replace("{number}", "unmatched")
            yield method, re.sub(r"\{\w+\}", "x", filled)

    def paths(self) -> Iterator[tuple[str, str]]:
        """(method, path) of everything that is served, as it is declared."""
        for path, methods in sorted(_paths(self.app.routes)):
            for method in sorted(methods - {"HEAD"}):
                yield method, path


def _paths(routes: Iterable[Any]) -> Iterator[tuple[str, set[str]]]:
    """FastAPI keeps a router that was included as one route of its own kind."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _paths(route.original_router.routes)
        else:
            yield route.path, set(route.methods)


def _fill(bridge: Bridge, clock: FakeClock) -> None:
    """Rows of each list, a second apart."""
    with bridge.database.transaction() as session:
        for number in range(ROWS):
            now = clock.now() + timedelta(seconds=number)
            made: list[Any] = [
                rows.message(f"msg_{number}", now),
                rows.event(f"evt_{number}", now, matched=0),
                rows.delivery(
                    f"dlv_{number}", now, State.DEAD, of=f"evt_{number}", reason="refused",
                    error_kind="permanent", error_code="400", error_group="g",
                ),
                rows.attempt(f"dlv_{number}", now),
                rows.audit(now),
                rows.hold(f"hld_{number}", now, "open"),
            ]  # fmt: skip
            rows.keep(session, *made)
            alarms.lower(
                session, f"a{number}", kind="error", text="a", remedy="b", link="", now=now
            )
        rows.keep(session, rows.record(rows.CASE, clock.now()))
