"""Lists that no index leads to are looked through a part at a time, to the end."""

import pytest
from sqlalchemy import select

from bridge.access.paging import Order, Span
from bridge.db import Database
from bridge.outbox.tables import DeliveryRow
from clocks import START
from duties import rows

RARE = {2, 9}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as session:
        for number in range(1, 11):
            action = "rare" if number in RARE else "often"
            rows.keep(session, rows.delivery(f"d{number}", START, action=action))
    return database


@pytest.mark.parametrize(
    ("order", "looks"),
    [
        (Order.NEWEST, [["d9"], [], ["d2"], []]),
        (Order.OLDEST, [["d2"], [], ["d9"], []]),
    ],
)
def test_a_look_ends_after_so_many_rows_and_the_next_goes_on(
    filled: Database, order: Order, looks: list[list[str]]
) -> None:
    query = select(DeliveryRow).where(DeliveryRow.action == "rare")
    found, after = [], None
    while True:
        span = Span(after=after, limit=5, order=order, look_back=3)
        with filled.reading() as session:
            look = span.look(session, query, DeliveryRow.seq)
        found.append([row.id for row in look.rows])
        after = look.stopped_at
        if after is None:
            break

    assert found == looks


def test_a_page_that_is_full_is_no_longer_than_asked(filled: Database) -> None:
    with filled.reading() as session:
        look = Span(limit=2, look_back=8).look(session, select(DeliveryRow), DeliveryRow.seq)

    assert [row.id for row in look.rows] == ["d10", "d9", "d8"]  # one more tells of a next page


def test_a_look_at_nothing_ends(database: Database) -> None:
    with database.reading() as session:
        look = Span().look(session, select(DeliveryRow), DeliveryRow.seq)

    assert (look.rows, look.stopped_at) == ((), None)
