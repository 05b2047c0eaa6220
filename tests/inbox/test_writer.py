"""Arrivals that come together are committed together, and answered when they are durable."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, cast

import pytest
from sqlalchemy import select

from bridge.db import Database
from bridge.inbox.store import Kept
from bridge.inbox.tables import MessageRow
from bridge.inbox.writer import GROUP_BYTES, Writer
from clocks import START, FakeClock
from inbox.arrivals import HeldDatabase, arrival

SECONDS = 60.0  # for one answer, however slow the machine


@pytest.fixture
def held(database: Database) -> Iterator[HeldDatabase]:
    held = HeldDatabase(database.url.render_as_string(hide_password=False))
    yield held
    held.close()


@pytest.fixture
def writer(held: HeldDatabase, clock: FakeClock) -> Iterator[Writer]:
    writer = Writer(held, clock)
    yield writer
    held.gate.set()
    writer.close()


def test_many_arrivals_are_few_commits(held: HeldDatabase, writer: Writer) -> None:
    held.gate.clear()
    first = writer.submit(arrival("first"))
    assert held.reached.wait(SECONDS)
    futures = [writer.submit(arrival(f"id:{number}")) for number in range(350)]

    held.gate.set()
    kept = [future.result(SECONDS) for future in (first, *futures)]

    assert len({one.id for one in kept}) == 351
    assert all(one.new for one in kept)
    assert held.commits <= 3  # a group holds 200


def test_a_group_is_bounded_by_its_bytes(held: HeldDatabase, writer: Writer) -> None:
    held.gate.clear()
    writer.submit(arrival("first"))
    assert held.reached.wait(SECONDS)
    large = bytes(GROUP_BYTES)
    futures = [writer.submit(arrival(f"id:{number}", body=large)) for number in range(3)]

    held.gate.set()
    for future in futures:
        future.result(SECONDS)

    assert held.commits == 4


def test_nobody_is_answered_before_the_row_is_durable(
    held: HeldDatabase, writer: Writer, database: Database
) -> None:
    found: list[bool] = []

    def look(future: Future[Kept]) -> None:
        with database.reading() as session:
            query = select(MessageRow.id).where(MessageRow.id == future.result().id)
            found.append(session.scalar(query) is not None)

    held.gate.clear()
    futures = [writer.submit(arrival(f"id:{number}")) for number in range(50)]
    for future in futures:
        future.add_done_callback(look)
    assert not any(future.done() for future in futures)
    held.gate.set()
    writer.close()

    assert found == [True] * 50


@pytest.mark.parametrize(
    "guilty",
    [
        arrival("guilty", received_at=START.replace(tzinfo=None)),
        arrival("guilty", headers={"x-odd": cast("Any", 5)}),
    ],
    ids=["refused by the database", "a bug of ours"],
)
def test_of_a_group_that_fails_only_the_guilty_one_is_refused(
    held: HeldDatabase, writer: Writer, database: Database, guilty: Any
) -> None:
    held.gate.clear()
    before = [writer.submit(arrival(f"id:{number}")) for number in range(5)]
    refused = writer.submit(guilty)
    after = [writer.submit(arrival(f"id:{number}")) for number in range(5, 9)]

    held.gate.set()
    kept = [future.result(SECONDS).new for future in (*before, *after)]
    later = writer.submit(arrival("later")).result(SECONDS)

    assert kept == [True] * 9
    assert later.new
    assert refused.exception(SECONDS) is not None
    with database.reading() as session:
        assert "guilty" not in set(session.scalars(select(MessageRow.dedupe_key)))


def test_a_database_that_cannot_store_ends_nothing_but_the_wait(
    held: HeldDatabase, writer: Writer
) -> None:
    table = cast("Any", MessageRow.__table__)
    table.drop(held.engine)
    lost = writer.submit(arrival("id:1"))
    assert lost.exception(SECONDS) is not None

    table.create(held.engine)
    again = writer.submit(arrival("id:1")).result(SECONDS)

    assert again.new


def test_closing_stores_what_is_queued(
    held: HeldDatabase, writer: Writer, database: Database
) -> None:
    held.gate.clear()
    futures = [writer.submit(arrival(f"id:{number}")) for number in range(450)]
    held.gate.set()

    writer.close()

    assert all(future.done() for future in futures)
    with database.reading() as session:
        assert len(session.scalars(select(MessageRow.id)).all()) == 450


def test_who_does_not_wait_any_more_is_not_stored(held: HeldDatabase, writer: Writer) -> None:
    held.gate.clear()
    writer.submit(arrival("first"))
    assert held.reached.wait(SECONDS)
    gone, stays = writer.submit(arrival("gone")), writer.submit(arrival("stays"))
    gone.cancel()

    held.gate.set()
    stays.result(SECONDS)

    with held.reading() as session:
        assert set(session.scalars(select(MessageRow.dedupe_key))) == {"first", "stays"}
