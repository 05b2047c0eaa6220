"""A database that can be away for a while, or make us wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session
from typing_extensions import override

from bridge.db import Database


class Unsteady(Database):
    """The same database as another, by connections of its own."""

    away: Exception | None = None
    after_asking: Callable[[], object] | None = None  # once its time has been asked

    @classmethod
    def like(cls, other: Database) -> "Unsteady":
        return cls(other.url.render_as_string(hide_password=False))

    @override
    @contextmanager
    def transaction(self, *, first: bool = False, hasty: bool = False) -> Iterator[Session]:
        if self.away:
            raise self.away
        with super().transaction() as session:
            yield session

    @override
    def now(self, session: Session) -> datetime:
        moment = super().now(session)
        if self.after_asking:
            self.after_asking()
        return moment
