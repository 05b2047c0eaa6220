"""The watch after a restore: when it begins, what it doubts, and that it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bridge.alarms.tables import AlarmRow
from bridge.outbox import ordering
from bridge.outbox.restore import begin_watch, current, doubtful
from bridge.outbox.tables import DeliveryRow, State
from clocks import FakeClock
from duties import rows
from duties.house import House

DAY = timedelta(days=1)
CARD = {"channel": "alarms", "title": "Tide"}


def test_the_gap_begins_with_the_newest_thing_that_the_database_knows(
    house: House, clock: FakeClock
) -> None:
    before = house.build()
    before.worker.clockwork.tick()
    known = clock.advance(timedelta(minutes=1))
    before.worker.clockwork.tick()
    restarted = clock.advance(timedelta(hours=3))

    after = house.build(after_restore=DAY)

    assert after.watch.gap is not None
    assert (after.watch.gap.since, after.watch.gap.until) == (known, restarted)
    assert after.watch.gap.watched_until == restarted + DAY


def test_every_node_minds_the_gap_and_all_stop_when_it_is_passed(
    house: House, clock: FakeClock
) -> None:
    first = house.build(after_restore=DAY)
    second = house.build()
    on_both = (first.watch.gap, second.watch.gap)
    first.worker.clockwork.tick()
    alarm = select(AlarmRow.state).where(AlarmRow.key == "restored")
    with house.database.reading() as session:
        told = session.scalar(alarm)

    clock.advance(DAY)
    first.worker.clockwork.tick()
    for bridge in (first, second):
        bridge.worker.gauges()

    assert told == "down"
    assert on_both[0] == on_both[1] is not None
    assert (first.watch.gap, second.watch.gap) == (None, None)
    with house.database.reading() as session:
        assert session.scalar(alarm) == "up"


def test_a_restore_of_a_backup_that_was_made_in_a_watch_covers_both_gaps(
    house: House, clock: FakeClock
) -> None:
    house.build()
    began = clock.now()
    with house.database.transaction() as session:
        begin_watch(session, lasts=timedelta(hours=2), now=began)
    clock.advance(timedelta(hours=1))
    with house.database.transaction() as session:
        begin_watch(session, lasts=timedelta(hours=2), now=clock.now())

    with house.database.reading() as session:
        gap = current(session, now=clock.advance(timedelta(hours=1, minutes=59)))
    assert gap is not None
    assert gap.since <= began


def test_a_card_of_the_gap_that_may_not_be_repeated_is_skipped_and_marked(
    house: House, clock: FakeClock
) -> None:
    bridge = house.build(after_restore=DAY)
    clock.advance(timedelta(hours=1))
    card = rows.delivery(
        "card", clock.now() - timedelta(hours=2), State.PENDING,
        action="teams.post_card", connection="teams", ordering_key="teams|card", args=CARD,
        ambiguous="skip", finished_at=None,
    )  # fmt: skip
    with house.database.transaction() as session:
        rows.keep(session, card)
        ordering.call_up(session, [card])

    bridge.worker.drain()

    with house.database.reading() as session:
        row = session.scalars(select(DeliveryRow)).one()
    assert (row.state, row.uncertain, row.tries) == (State.ACCEPTED, True, 0)
    assert "not repeated" in row.reason


def test_a_create_waits_until_the_vendors_search_knows_the_last_write_of_the_gap(
    house: House, clock: FakeClock
) -> None:
    bridge = house.build(after_restore=DAY)
    create = rows.delivery(
        "create", clock.now(), State.PENDING, finished_at=None, connection="jira",
        args={"project": "ENG", "type": "Task", "summary": "Tide"},
    )  # fmt: skip
    with house.database.transaction() as session:
        rows.keep(session, create)
        ordering.call_up(session, [create])

    bridge.worker.drain()

    with house.database.reading() as session:
        row = session.scalars(select(DeliveryRow)).one()
    assert (row.state, row.tries) == (State.PENDING, 0)
    assert row.not_before == clock.now() + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("kind", "born_in_the_gap", "doubt"),
    [
        ("feedback.created", True, True),
        ("feedback.created", False, False),
        ("feedback.updated", True, False),
    ],
)
def test_a_creation_is_doubted_by_its_records_birth(
    house: House, clock: FakeClock, kind: str, *, born_in_the_gap: bool, doubt: bool
) -> None:
    """The vendor may show the record of a lost creation with a later change of it."""
    bridge = house.build(after_restore=DAY)
    gap = bridge.watch.gap
    assert gap is not None
    later = clock.advance(timedelta(hours=1))
    born = gap.until - timedelta(minutes=1) if born_in_the_gap else later
    with house.database.transaction() as session:
        card = rows.delivery("card", later, State.PENDING, of="e")
        rows.keep(
            session,
            card,
            rows.event("e", later, kind=kind),
            rows.record(rows.CASE, later, created_at=born),
        )

        assert doubtful(session, gap, card) is doubt
