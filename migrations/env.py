"""How alembic reaches the database: through `Database`, with the habits of both kinds."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from bridge.db import Database, Json, Serial, UtcDateTime
from bridge.schema import metadata
from bridge.settings import Settings

# A migration that waits for a table queues everybody else behind it. It gives way before the server
# looks for a deadlock (after a second), which would as well end what a node is about to record.
LOCK_TIMEOUT = "500ms"
LOOK_SECONDS = 0.2  # between looks whether another node has done
ONE_AT_A_TIME = 0x627269646765  # the advisory lock of nodes that start together


def spelled(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own types as the template imports them."""
    if kind != "type":
        return False
    if item == Serial:
        return "Serial"
    return f"{type(item).__name__}()" if isinstance(item, Json | UtcDateTime) else False


def run(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_as_batch=on_sqlite,
        transactional_ddl=True,
        compare_server_default=True,
        render_item=spelled,
    )
    with context.begin_transaction():
        if not on_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """No other node migrates meanwhile; on SQLite there is none.

    The lock lies in a transaction of its own that does nothing: a migration may end its own and begin
    another. Nobody waits for it inside of a statement, since `CREATE INDEX CONCURRENTLY` waits for
    every statement that has begun.
    """
    if database.is_sqlite:
        yield
        return
    while True:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            lock = text(f"SELECT pg_try_advisory_xact_lock({ONE_AT_A_TIME})")
            if connection.scalar(lock):
                yield
                return
        time.sleep(LOOK_SECONDS)


def main() -> None:
    if context.is_offline_mode():
        raise SystemExit("migrations run against a database; --sql is not supported")
    given = context.config.attributes.get("database")
    database = given or Database(Settings.read(os.environ).database_url)
    with alone(database), database.engine.connect() as connection:
        run(connection.execution_options(bridge_begin="IMMEDIATE"))
    if given is None:
        database.close()


main()
