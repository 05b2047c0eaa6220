"""Work that one node does at a time, under a lease: adoptions, polls."""

from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from bridge.db import Database

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Waiting(Protocol):
    """Whether there is work that may be done now."""

    def __call__(self, session: Session, *, now: datetime) -> bool: ...


class Lease(Protocol[T_co]):
    """A piece of it, for this node alone until then; `None` if another was faster."""

    def __call__(self, session: Session, *, now: datetime, until: datetime) -> T_co | None: ...


def take(
    database: Database, waiting: Waiting, lease: Lease[T], *, now: datetime, term: timedelta
) -> T | None:
    """One piece of work under a lease of this term. Where there is none, nothing is written."""
    with database.reading() as session:
        if not waiting(session, now=now):
            return None
    with database.transaction() as session:
        return lease(session, now=now, until=now + term)
