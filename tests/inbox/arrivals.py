"""Verified messages as the route hands them to the writer, and a database whose door can be held."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from typing_extensions import override

from bridge.canonical.event import Origin
from bridge.connectors.contract import Message
from bridge.db import Database
from bridge.inbox.store import Arrival
from clocks import START


def arrival(
    key: str,
    *,
    connection: str = "jira",
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
    received_at: datetime = START,
    private: frozenset[str] = frozenset(),
    origin: Origin = Origin.WEBHOOK,
) -> Arrival:
    message = Message(
        connection=connection,
        headers=headers or {},
        body=body,
        received_at=received_at,
        origin=origin,
    )
    return Arrival(message=message, dedupe_key=key, private_headers=private)


class HeldDatabase(Database):
    """Lets a transaction begin only while its gate is open, and counts what was committed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()  # somebody stands at the gate
        self.commits = 0
        event.listen(self.engine, "commit", self._count)

    @override
    @contextmanager
    def transaction(self, *, first: bool = False, hasty: bool = False) -> Iterator[Session]:
        self.reached.set()
        assert self.gate.wait(60)
        with super().transaction() as session:
            yield session

    def _count(self, _: Any) -> None:
        self.commits += 1
