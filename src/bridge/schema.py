"""The schema of the database: its revisions, which of them it has, and how it gets the rest."""

import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import OperationalError

from bridge.db import Base, Database
from bridge.errors import SettingError

TRIES, PAUSE_SECONDS = 60, 1.0  # of a migration that others are in the way of
_IN_THE_WAY = frozenset({"55P03", "40P01"})  # no lock in time, deadlock

log = structlog.get_logger()
PACKAGE = Path(__file__).parent
_REVISION = re.compile(r"^revision = \"(\w+)\"", re.MULTILINE)


def metadata() -> MetaData:
    """Every table of every noun."""
    for tables in sorted(PACKAGE.glob("*/tables.py")):
        import_module(f"bridge.{tables.parent.name}.tables")
    return Base.metadata


def upgrade(
    database: Database,
    revision: str = "head",
    *,
    tries: int = TRIES,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Bring the database to a revision. Several nodes may ask at once.

    An empty one, and SQLite, in one transaction. On PostgreSQL each revision is one of its own: nodes that work
    meanwhile lock the tables in many orders, so whoever changes several of them at once ends in a
    deadlock. One that gets no lock at once gives way, and is tried again after a `pause`.

    Raises SettingError for a database that a newer Bridge has upgraded, and where others hold a
    table for too long.
    """
    found = current(database)
    if revision == "head" and found == newest():
        return
    lacking = pending(database)
    if database.is_sqlite or revision != "head" or found is None:
        _alembic().upgrade(database, str(_migrations()), revision)
        return
    for one in lacking:
        _patiently(database, one, tries, pause)


def current(database: Database) -> str | None:
    """The revision that the database has; `None` for one that is empty."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def newest() -> str:
    """The revision of this version. Our revisions are numbers, one after the other."""
    texts = [path.read_text("utf-8") for path in (_migrations() / "versions").glob("*.py")]
    found: list[str] = [one for text_ in texts for one in _REVISION.findall(text_)]
    return max(found)


def pending(database: Database) -> list[str]:
    """Revisions that the database lacks, oldest first.

    Raises SettingError for a database that a newer Bridge has upgraded.
    """
    at = current(database)
    missing: list[str] = (
        _alembic().pending(database, str(_migrations()), at) if at != newest() else []
    )
    return missing


def config(database: Database) -> Any:
    """What alembic's commands need to work on this database."""
    return _alembic().config(database, str(_migrations()))


def _patiently(
    database: Database, revision: str, tries: int, pause: Callable[[float], None]
) -> None:
    for _ in range(tries):
        try:
            _alembic().upgrade(database, str(_migrations()), revision)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") not in _IN_THE_WAY:
                raise
            log.info("schema.waits", revision=revision)
            pause(PAUSE_SECONDS)
        else:
            return
    raise SettingError(
        f"migration {revision} finds its tables locked by others, {tries} times in a row; what is"
        " done so far stays. See who is long in pg_stat_activity, then: bridge db upgrade"
    )


def _alembic() -> Any:
    return import_module("bridge.migration")


def _migrations() -> Path:
    """In an installed package the migrations lie inside it, in a checkout beside `src`."""
    inside = PACKAGE / "migrations"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "migrations"
