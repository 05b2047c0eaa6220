"""A past for a database: so many deliveries that are over, with all that brought them, and a backlog.

Made inside the database by the statements of `seed.sql`, a slice in a transaction: two million in a
few minutes. Its records are those that the load is about, so that what comes next meets a history.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from bridge import schema
from bridge.db import Database

SLICE = 100_000  # rows of a table in one transaction
END = datetime(2026, 11, 22, tzinfo=UTC)  # of the past: all that the load brings is younger
SECONDS = 360 * 86_400  # over which the past is spread evenly
_STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
_NUMBERS = """
WITH RECURSIVE m(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM m WHERE i < {last})
INSERT INTO n SELECT i FROM m
"""
_DUE = """
UPDATE ordering_key SET due_at = head.due, batch = 'salesforce.update_record|Case|False|False'
FROM (SELECT ordering_key AS key, min(not_before) AS due FROM delivery
  WHERE state = 'pending' GROUP BY ordering_key) AS head
WHERE head.key = ordering_key.key
"""
_POSTGRESQL = f"""
CREATE FUNCTION padded(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT lpad(n::text, 10, '0')$$;
CREATE FUNCTION ident(prefix text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT prefix || '_' || padded((n * 2654435761) % 4294967296) || 'mzxw6ytboi3gk2la'$$;
CREATE FUNCTION moment(n bigint, total bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  $$SELECT timestamptz '{END}' - (total - n) * interval '1 second' * ({SECONDS}::float / total)$$;
CREATE FUNCTION json_of(t text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT t::jsonb$$;
CREATE FUNCTION blob_of(t text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$SELECT t::bytea$$
"""
_GONE = "DROP FUNCTION ident, padded, moment, json_of, blob_of"


@dataclass(frozen=True, kw_only=True)
class Past:
    """How much there was, and how much is still to go: a hundredth of that waits for a link."""

    deliveries: int
    backlog: int = 0
    each: int = 40  # of one record

    @property
    def total(self) -> int:
        return self.deliveries + self.backlog

    @property
    def records(self) -> int:
        return max(500, self.total // self.each)


def seed(url: str, past: Past) -> None:
    """Fill an empty database. PostgreSQL then knows what it holds, as by its autovacuum; SQLite is
    never told, as it never is where Bridge runs.
    """
    database = Database(url)
    schema.upgrade(database)
    indexes = [one for table in schema.metadata().sorted_tables for one in table.indexes]
    for index in indexes:  # made at the end, they cost a third
        index.drop(database.engine)
    with closing(_connect(url)) as connection:
        _fill(connection, past)
    for index in indexes:
        index.create(database.engine)
    database.close()
    if not database.is_sqlite:
        with closing(_connect(url)) as connection:
            connection.execute("VACUUM (ANALYZE)")


def _connect(url: str) -> Any:
    """By the driver alone. What a power cut would lose does not matter here."""
    parts = make_url(url)
    if parts.get_backend_name() == "postgresql":
        return psycopg.connect(url, autocommit=True, options="-c synchronous_commit=off")
    connection = sqlite3.connect(parts.database or "", isolation_level=None)
    for pragma in ("synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _fill(connection: Any, past: Past) -> None:
    local = isinstance(connection, sqlite3.Connection)
    if local:
        _teach(connection)
    else:
        connection.execute(_POSTGRESQL)
    connection.execute("CREATE TEMP TABLE n (i bigint)")
    connection.execute(
        "CREATE TEMP TABLE size AS SELECT"
        f" {past.deliveries} AS past, {past.total} AS total, {past.records} AS records"
    )
    for first in range(1, past.total + 1, SLICE):
        _slice(connection, first, min(first + SLICE - 1, past.total))
    connection.execute(_DUE)
    if not local:
        connection.execute(_GONE)


def _slice(connection: Any, first: int, last: int) -> None:
    """All rows whose number is between these, in one transaction."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM n")
    connection.execute(_NUMBERS.format(first=first, last=last))
    for statement in _STATEMENTS.split(";\n"):
        if "INSERT" in statement:
            connection.execute(statement)
    connection.execute("COMMIT")


def _teach(connection: sqlite3.Connection) -> None:
    """The same functions for SQLite."""
    known: Mapping[str, tuple[int, Callable[..., Any]]] = {
        "padded": (1, lambda n: f"{n:010}"),
        "ident": (2, lambda kind, n: f"{kind}_{n * 2654435761 % 4294967296:010}mzxw6ytboi3gk2la"),
        "moment": (2, _moment),
        "json_of": (1, lambda text: text),
        "blob_of": (1, lambda text: text.encode()),
    }
    for name, (arguments, function) in known.items():
        connection.create_function(name, arguments, function)


def _moment(n: int, total: int) -> str:
    at = datetime.fromtimestamp(END.timestamp() - (total - n) * SECONDS / total, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
