"""Reading a window in short pages, each a read of its own, in the order in which things came."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Select, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.db import Database
from bridge.insight.window import Window

CHUNK = 500  # rows a page: no read stays open longer than a second
T = TypeVar("T")
Query = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]
Rows = Sequence[Found]


@dataclass(frozen=True, kw_only=True)
class Register(Generic[T]):
    """Rows of one table within a window, and what is read beside them.

    `rows` selects at least `seq` and `at` by these names.
    """

    rows: Callable[[Window], Query]
    seq: InstrumentedAttribute[int]
    at: InstrumentedAttribute[datetime]
    read: Callable[[Session, Rows, Window], Sequence[T]]


def scan(
    database: Database, register: Register[T], window: Window, *, chunk: int = CHUNK
) -> Iterator[T]:
    """Everything in the window."""
    last: Found | None = None
    while True:
        with database.reading() as session:
            rows = session.execute(_after(register, window, last).limit(chunk)).all()
            found = register.read(session, rows, window)
        yield from found
        if len(rows) < chunk:
            return
        last = rows[-1]


def _after(register: Register[T], window: Window, last: Found | None) -> Query:
    """By time first: that has an index, and a window is a small part of a table."""
    query = register.rows(window).order_by(register.at, register.seq)
    if last is None:
        return query
    later = or_(register.at > last.at, register.seq > last.seq)
    return query.where(register.at >= last.at, later)
