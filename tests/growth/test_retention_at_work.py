"""Retention stops nobody: each of its transactions is small, and between them others write."""

from datetime import timedelta

from sqlalchemy import func, select

from bridge.db import Database
from bridge.duties.retention import thin
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import DeliveryRow, State
from bridge.settings import Retention
from clocks import START
from duties import rows
from growth.passing import PassingClock

KEEP = Retention()
OLD = START - timedelta(days=KEEP.events + 1)


def test_others_write_between_its_chunks(database: Database) -> None:
    written: list[str] = []
    with database.transaction() as session:
        rows.keep(session, *(rows.event(f"e{number}", OLD) for number in range(40)))

    def write() -> None:
        written.append(f"new{len(written)}")
        with database.transaction() as session:
            rows.keep(session, rows.event(written[-1], START))

    done = thin(database, KEEP, PassingClock(write), chunk=5)

    assert done == 40
    assert len(written) > 8  # more often than once: a chunk took no more than five
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EventRow)) == len(written)


def test_what_stays_is_looked_at_once_a_run(database: Database) -> None:
    """However much of what is old is needed still, what lies behind it goes."""
    with database.transaction() as session:
        for number in range(12):
            state = State.DEAD if number < 10 else State.SUCCEEDED
            at = OLD + timedelta(seconds=number)
            rows.keep(session, rows.event(f"e{number}", at))
            rows.keep(session, rows.delivery(f"d{number}", at, state, of=f"e{number}"))

    thin(database, KEEP, PassingClock(lambda: None), chunk=3)

    with database.reading() as session:
        left = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.seq)).all()
    assert left == [f"d{number}" for number in range(10)]
