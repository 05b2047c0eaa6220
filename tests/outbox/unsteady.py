"""A database that can be away for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session
from typing_extensions import override

from bridge.db import Database


class Unsteady(Database):
    """The same database as another, by connections of its own."""

    away: Exception | None = None

    @classmethod
    def like(cls, other: Database) -> "Unsteady":
        return cls(other.url.render_as_string(hide_password=False))

    @override
    @contextmanager
    def transaction(self) -> Iterator[Session]:
        if self.away:
            raise self.away
        with super().transaction() as session:
            yield session
