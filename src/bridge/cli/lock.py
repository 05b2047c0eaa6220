"""SQLite serves one process: a lock file beside the database says which one it is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import SettingError

SQLITE = "sqlite:///"


class Busy(SettingError):
    """Another process serves this database."""


@contextmanager
def alone(database_url: str) -> Iterator[None]:
    """Nobody else works on this database meanwhile. Raises Busy. PostgreSQL takes any number."""
    if not is_sqlite(database_url):
        yield
        return
    path = Path(database_url.removeprefix(SQLITE))
    path.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(
                f"another process serves {path}; use PostgreSQL for more than one process"
            ) from None
        yield


def is_sqlite(database_url: str) -> bool:
    """Whether the database is a file, which one process has for itself."""
    return database_url.startswith(SQLITE)
