"""How retention goes through a class: the next chunk of what is old, by key, each looked at once a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, TextClause, delete, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.settings import Retention

CHUNK = 500  # rows, or events with all that goes with them, in one transaction


@dataclass(kw_only=True)
class Cut:
    """Before which moment each class is old, and how far this run has come in each.

    What is old but needed stays, and is passed over by the next look of the same run.
    """

    keep: Retention
    now: datetime
    chunk: int = CHUNK
    marks: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def before(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def next_old(
        self,
        session: Session,
        key: InstrumentedAttribute[Any],
        at: InstrumentedAttribute[Any],
        *where: ColumnElement[bool] | TextClause,
        before: datetime,
    ) -> list[Any]:
        """Keys of the next chunk that is older than `before`, the oldest first."""
        query = select(key, at).where(at < before, *where).order_by(at, key).limit(self.chunk)
        place = f"{key} {at}"
        if place in self.marks:
            last, since = self.marks[place]
            query = query.where(at >= since, or_(at > since, key > last))
        rows = session.execute(query).all()
        if rows:
            self.marks[place] = (rows[-1][0], rows[-1][1])
        return [row[0] for row in rows]


@dataclass(frozen=True, kw_only=True)
class Done:
    """How many rows one step looked at, and how many of them went."""

    looked: int
    gone: int


def gone_of(
    session: Session,
    key: InstrumentedAttribute[Any],
    old: Sequence[Any],
    *where: ColumnElement[bool],
) -> Done:
    """Delete those of these rows that fit."""
    if not old:
        return Done(looked=0, gone=0)
    statement = delete(key.class_).where(key.in_(old), *where).returning(key)
    return Done(looked=len(old), gone=count_of(session, statement))


def count_of(session: Session, statement: Any) -> int:
    """How many rows a statement returns."""
    return len(session.execute(statement.execution_options(synchronize_session=False)).all())
