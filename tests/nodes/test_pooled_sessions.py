"""What a pooler in transaction mode asks of us: a session keeps nothing from one transaction to the next."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from bridge import schema
from bridge.db import Database
from clocks import FakeClock
from outbox.stand import Stand

LEFT_BEHIND = {
    "prepared statements": "SELECT count(*) FROM pg_prepared_statements",
    "channels": "SELECT count(*) FROM pg_listening_channels()",
    "settings": "SELECT count(*) FROM pg_settings WHERE source = 'session'",
    "locks": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "temporary tables": "SELECT count(*) FROM pg_class WHERE relpersistence = 't'",
    "cursors": "SELECT count(*) FROM pg_cursors WHERE name <> ''",
}


class Watch:
    """Looks at each session when it goes back to the pool."""

    def __init__(self) -> None:
        self.looks = 0
        self.left: set[str] = set()

    def look(self, connection: Any, _: Any) -> None:
        self.looks += 1
        for what, query in LEFT_BEHIND.items():
            cursor = connection.cursor()
            (count,) = cursor.execute(query).fetchone()
            cursor.close()
            self.left |= {what} if count else set()
        connection.rollback()


@pytest.fixture
def watch(postgres_database: Database) -> Iterator[Watch]:
    made = Watch()
    event.listen(postgres_database.engine, "checkin", made.look)
    yield made
    event.remove(postgres_database.engine, "checkin", made.look)


def test_a_session_keeps_nothing_from_one_transaction_to_the_next(
    postgres_database: Database, watch: Watch, clock: FakeClock
) -> None:
    stand = Stand.up(postgres_database, clock)
    for number in range(12):  # psycopg prepares what it has seen five times, if it is let
        stand.update(f"record {number}")
        stand.step()
    schema.upgrade(postgres_database, "base")  # its locks end with its transaction

    assert watch.looks > 40
    assert watch.left == set()


@pytest.mark.parametrize(
    ("habit", "left"),
    [
        ("LISTEN bridge", "channels"),
        ("SET statement_timeout = '5s'", "settings"),
        ("SELECT pg_advisory_lock(7)", "locks"),
        ("CREATE TEMPORARY TABLE mine (id int)", "temporary tables"),
        ("PREPARE mine AS SELECT 1", "prepared statements"),
    ],
)
def test_each_habit_that_a_pooler_would_break_is_seen(
    postgres_database: Database, watch: Watch, habit: str, left: str
) -> None:
    with postgres_database.transaction() as session:
        session.execute(text(habit))

    assert watch.left == {left}
