"""Asks for a replay of all that is dead, as an operator does, of one process after the other."""

from datetime import timedelta

import httpx
from sqlalchemy import select, update

from bridge.access.keys import Role, create
from bridge.canonical.ids import random_id
from bridge.clock import SystemClock
from bridge.db import Database
from bridge.outbox.tables import OrderingKeyRow
from bridge.replays.tables import ReplayRow

LEASES = timedelta(minutes=5)  # longer than any


class Replayer:
    """`port`: where the process of the moment listens."""

    def __init__(self, database: Database, port: int) -> None:
        self._database, self._port = database, port
        with database.transaction() as session:
            key = create(session, "ann", role=Role.OPERATOR, now=SystemClock().now())
        self._head = {"authorization": f"Bearer {key.token}"}

    def post(self, path: str = "", **body: object) -> str:
        """Its id."""
        url = f"http://127.0.0.1:{self._port}/api/v1/replays{path}"
        head = {**self._head, "idempotency-key": f'"{random_id("key")}"'}
        answer = httpx.post(url, json=body, headers=head, timeout=60).raise_for_status()
        return str(answer.json()["id"])

    def row(self) -> ReplayRow:
        """The only one there is."""
        with self._database.reading() as session:
            return session.scalars(select(ReplayRow)).one()

    def let_leases_run_out(self) -> None:
        """As if minutes had passed: who held them is dead, and other nodes cannot know it sooner."""
        held = update(OrderingKeyRow).where(OrderingKeyRow.leased_until.is_not(None))
        with self._database.transaction() as session:
            session.execute(held.values(leased_until=SystemClock().now() - LEASES))
