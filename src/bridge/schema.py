"""The schema of the database: its revisions, which of them it has, and how it gets the rest."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, inspect, text

from bridge.db import Base, Database

PACKAGE = Path(__file__).parent
_REVISION = re.compile(r"^revision = \"(\w+)\"", re.MULTILINE)


def metadata() -> MetaData:
    """Every table of every noun."""
    for tables in sorted(PACKAGE.glob("*/tables.py")):
        import_module(f"bridge.{tables.parent.name}.tables")
    return Base.metadata


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to a revision. Several nodes may ask at once.

    Raises SettingError for a database that a newer Bridge has upgraded.
    """
    if revision != "head" or current(database) != newest():
        pending(database)
        _alembic().upgrade(database, str(_migrations()), revision)


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


def _alembic() -> Any:
    return import_module("bridge.migration")


def _migrations() -> Path:
    """In an installed package the migrations lie inside it, in a checkout beside `src`."""
    inside = PACKAGE / "migrations"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "migrations"
