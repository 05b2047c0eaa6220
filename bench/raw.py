"""The database alone: the rows that a run left behind, inserted again and claimed, as fast as it goes.

By the driver and without a model: batches of 200 events, all tables of a batch in one transaction.
This is the floor of what storing durably costs on the machine and in the minute of the run.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import make_url

from bridge.db import Base, Database, Json
from bridge.inbox.tables import MessageRow, SeenMessageRow
from bridge.ledger.tables import ChangeRow, EventRow, RecordRow, SeenEventRow
from bridge.outbox.tables import AttemptRow, DeliveryRow, OrderingKeyRow
from bridge.rules.tables import DecisionRow
from bridge.schema import metadata

BATCH = 200
ROWS: tuple[type[Base], ...] = (
    SeenMessageRow,
    MessageRow,
    SeenEventRow,
    EventRow,
    ChangeRow,
    RecordRow,
    DecisionRow,
    DeliveryRow,
    OrderingKeyRow,
    AttemptRow,
)
_OWE = (
    "UPDATE delivery SET state = 'pending'",
    "UPDATE ordering_key SET due_at = (SELECT min(not_before) FROM delivery)",
)
_CLAIM = """
WITH due AS (
  SELECT key FROM ordering_key WHERE due_at IS NOT NULL ORDER BY due_at LIMIT {batch} {skip}
), head AS (
  SELECT (SELECT min(seq) FROM delivery WHERE ordering_key = due.key AND state = 'pending') AS seq
  FROM due
)
UPDATE delivery SET state = 'in_flight' WHERE seq IN (SELECT seq FROM head)
RETURNING seq, ordering_key
"""
_SETTLE = """
UPDATE ordering_key SET fence = fence + 1, due_at = (
  SELECT min(not_before) FROM delivery
  WHERE ordering_key = ordering_key.key AND state = 'pending'
) WHERE key IN ({keys})
"""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Events and rows inserted a second, deliveries claimed a second."""

    inserts: float
    rows: float
    claims: float


Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]  # name, columns, rows


def measure(ran_on: str, empty: str, *, events: int) -> Raw:
    """`ran_on` has the rows of a run, `empty` is a database without a table; both by URL."""
    blank = Database(empty)
    metadata().create_all(blank.engine)
    blank.close()
    with closing(connect(ran_on)) as source:
        tables = [_read(source, kind) for kind in ROWS]
    with closing(connect(empty)) as target:
        seconds = _insert(target, tables, batches=max(1, events // BATCH))
        claims = _claim(target)
    rows = sum(len(found) for _, _, found in tables)
    return Raw(inserts=events / seconds, rows=rows / seconds, claims=claims)


def connect(url: str) -> Any:
    """A connection by the driver alone, as durable as Bridge's own."""
    parts = make_url(url)
    if parts.get_backend_name() == "postgresql":
        return psycopg.connect(url, autocommit=True)
    connection = sqlite3.connect(parts.database or "", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _read(connection: Any, kind: type[Base]) -> Table:
    """All rows of a table; JSON as text, which both databases take back."""
    columns = kind.__table__.columns
    shown = [f'CAST("{c.name}" AS text)' if isinstance(c.type, Json) else c.name for c in columns]
    query = f"SELECT {', '.join(shown)} FROM {kind.__tablename__}"  # noqa: S608
    found = connection.execute(query).fetchall()
    return kind.__tablename__, tuple(column.name for column in columns), found


def _insert(connection: Any, tables: Sequence[Table], *, batches: int) -> float:
    """Seconds for all rows."""
    mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    started = time.monotonic()
    for number in range(batches):
        connection.execute("BEGIN")
        for name, columns, rows in tables:
            part = rows[number::batches]
            marks = ", ".join([mark] * len(columns))
            names = ", ".join(columns)
            statement = f"INSERT INTO {name} ({names}) VALUES ({marks})"  # noqa: S608
            if part:
                connection.cursor().executemany(statement, part)
        connection.execute("COMMIT")
    return time.monotonic() - started


def _claim(connection: Any) -> float:
    """Deliveries a second, when all are due: batches of keys, the head of each, committed."""
    for statement in _OWE:
        connection.execute(statement)
    started = time.monotonic()
    claimed = sum(_rounds(connection))
    return claimed / (time.monotonic() - started)


def _rounds(connection: Any) -> Iterator[int]:
    local = isinstance(connection, sqlite3.Connection)
    claim = _CLAIM.format(batch=BATCH, skip="" if local else "FOR UPDATE SKIP LOCKED")
    mark = "?" if local else "%s"
    while True:
        connection.execute("BEGIN IMMEDIATE" if local else "BEGIN")
        keys = [row[1] for row in connection.execute(claim).fetchall()]
        if keys:
            settle = _SETTLE.format(keys=", ".join([mark] * len(keys)))
            connection.execute(settle, keys)
        connection.execute("COMMIT")
        if not keys:
            return
        yield len(keys)
