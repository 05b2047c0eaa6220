"""Alembic at work. Imported only where a database has another schema than this version's: it takes
seven megabytes, and `serve` needs it once after an upgrade.
"""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError

from bridge.db import Database
from bridge.errors import SettingError


def upgrade(database: Database, folder: str, revision: str) -> None:
    """Bring the database to a revision of that folder."""
    command.upgrade(config(database, folder), revision)


def pending(database: Database, folder: str, at: str | None) -> list[str]:
    """Revisions after `at`, oldest first. Raises SettingError for one that the folder lacks."""
    scripts = ScriptDirectory.from_config(config(database, folder))
    try:
        missing = [script.revision for script in scripts.iterate_revisions("head", at or "base")]
    except RevisionError as error:
        raise SettingError(
            f"the database has revision {at}, which this version does not know:"
            " run the version that made it, or restore the backup taken before it"
        ) from error
    return missing[::-1]


def config(database: Database, folder: str) -> Config:
    """What alembic's commands need to work on this database."""
    made = Config()
    made.set_main_option("script_location", folder.replace("%", "%%"))
    made.attributes["database"] = database
    return made
