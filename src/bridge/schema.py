"""The schema of the database: its revisions, which of them it has, and how it gets the rest."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import MetaData

from bridge.db import Base, Database
from bridge.errors import SettingError

PACKAGE = Path(__file__).parent


def metadata() -> MetaData:
    """Every table of every noun."""
    for tables in sorted(PACKAGE.glob("*/tables.py")):
        import_module(f"bridge.{tables.parent.name}.tables")
    return Base.metadata


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to a revision, in one transaction. Several nodes may ask at once.

    Raises SettingError for a database that a newer Bridge has upgraded.
    """
    pending(database)
    command.upgrade(config(database), revision)


def current(database: Database) -> str | None:
    """The revision that the database has; `None` for one that is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def pending(database: Database) -> list[str]:
    """Revisions that the database lacks, oldest first.

    Raises SettingError for a database that a newer Bridge has upgraded.
    """
    at = current(database)
    scripts = ScriptDirectory.from_config(config(database))
    try:
        missing = [script.revision for script in scripts.iterate_revisions("head", at or "base")]
    except RevisionError as error:
        raise SettingError(
            f"the database has revision {at}, which this version does not know:"
            " run the version that made it, or restore the backup taken before it"
        ) from error
    return missing[::-1]


def config(database: Database) -> Config:
    """What alembic's commands need to work on this database."""
    made = Config()
    made.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    made.attributes["database"] = database
    return made


def _migrations() -> Path:
    """In an installed package the migrations lie inside it, in a checkout beside `src`."""
    inside = PACKAGE / "migrations"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "migrations"
