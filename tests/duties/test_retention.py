"""Retention: each class at its boundary, and what never goes by age alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bridge.access.tables import AuditRow
from bridge.alarms import store as alarms
from bridge.alarms.tables import AlarmRow
from bridge.alerts.tables import AlertRow, GroupRow, RaisedRow
from bridge.db import Database
from bridge.duties.retention import thin
from bridge.inbox.tables import BackfillRecordRow, BackfillRow, MessageRow, MessageState
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow, ChangeRow, EventRow, SeenEventRow
from bridge.outbox.tables import AttemptRow, DeliveryRow, HoldRow, OrderingKeyRow, PlanRow, State
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules.tables import DecisionRow
from bridge.settings import Retention
from clocks import START, FakeClock
from duties import rows

KEEP = Retention()
A_DAY = timedelta(days=1)
OLD = START - timedelta(days=3_000)  # older than any class is kept


CLASSES: dict[str, tuple[Callable[[], Any], int]] = {
    "events": (lambda: rows.event("e", START), KEEP.events),
    "messages": (lambda: rows.message("m", START, body=None), KEEP.events),
    "ignored": (lambda: rows.message("m", START, MessageState.IGNORED, body=None), KEEP.events),
    "changes": (lambda: rows.change("e", START), KEEP.changes),
    "audit": (lambda: rows.audit(START), KEEP.audit),
    "holds": (lambda: rows.hold("h", START), KEEP.audit),
    "plans": (lambda: rows.plan("p", START), KEEP.events),
    "replays": (lambda: rows.replay("r", START), KEEP.events),
    "adoptions": (lambda: rows.adoption("a", START), KEEP.events),
    "drifts": (lambda: rows.drift("d", START), KEEP.events),
    "differences": (lambda: rows.difference("d", START), KEEP.bodies),
    "backfills": (lambda: rows.backfill("b", START), KEEP.events),
    "seen": (lambda: rows.seen("e", START), KEEP.seen),
    "write-backs": (lambda: rows.delivery("d", START), KEEP.events),
    "attempts": (lambda: rows.attempt("gone", START), KEEP.attempts),
    "alerts": (lambda: rows.alert("a", START), KEEP.events),
    "alert groups": (lambda: rows.alert_group("g", START), KEEP.events),
    "silences": (lambda: rows.silence("s", START), KEEP.audit),
    "alert cards": (lambda: rows.alert_card("d", START), KEEP.events),
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_stays_to_its_last_day_and_no_longer(
    database: Database, clock: FakeClock, name: str
) -> None:
    make, days = CLASSES[name]
    row = make()
    kind = type(row)
    with database.transaction() as session:
        rows.keep(session, row)

    clock.advance(timedelta(days=days))
    thin(database, KEEP, clock)
    with database.reading() as session:
        on_its_last_day = session.scalar(select(func.count()).select_from(kind))
    clock.advance(timedelta(microseconds=1))
    thin(database, KEEP, clock)
    with database.reading() as session:
        after_it = session.scalar(select(func.count()).select_from(kind))

    assert (on_its_last_day, after_it) == (1, 0)


def test_bodies_go_before_the_rows_they_are_of(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        rows.keep(session, rows.message("m", START), rows.delivery("d", START))
        rows.keep(session, rows.attempt("d", START))

    clock.advance(timedelta(days=KEEP.bodies))
    thin(database, KEEP, clock)
    with database.reading() as session:
        kept = session.scalars(select(MessageRow.body)).one()
        shown = session.scalars(select(AttemptRow.exchanges)).one()
    clock.advance(timedelta(microseconds=1))
    thin(database, KEEP, clock)

    assert kept == b"{}"
    assert shown
    with database.reading() as session:
        row, tried = (
            session.scalars(select(MessageRow)).one(),
            session.scalars(select(AttemptRow)).one(),
        )
    assert (row.body, row.headers, row.size) == (None, None, 2)
    assert (tried.exchanges, tried.outcome) == (None, "done")


@pytest.mark.parametrize("state", [MessageState.BAD, MessageState.PENDING])
def test_a_message_that_was_never_read_keeps_its_body(
    database: Database, clock: FakeClock, state: MessageState
) -> None:
    with database.transaction() as session:
        rows.keep(session, rows.message("m", OLD, state))

    thin(database, KEEP, clock)

    with database.reading() as session:
        assert session.scalars(select(MessageRow.body)).one() == b"{}"


@pytest.mark.parametrize("state", [State.DEAD, State.HELD, State.PENDING, State.WAITING])
def test_what_is_not_over_keeps_its_event_and_its_attempts(
    database: Database, clock: FakeClock, state: State
) -> None:
    with database.transaction() as session:
        rows.keep(
            session,
            rows.event("e", OLD),
            rows.seen("e", OLD),
            rows.decision("e", OLD),
            rows.delivery("d", OLD, state, of="e"),
            rows.delivery("over", OLD, of="e"),
            rows.attempt("d", OLD),
        )

    thin(database, KEEP, clock)

    with database.reading() as session:
        assert session.scalars(select(EventRow.id)).one() == "e"
        assert session.scalars(select(SeenEventRow.event_id)).one() == "e"
        assert session.scalars(select(DecisionRow.event_id)).one() == "e"
        assert session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.seq)).all() == [
            "d",
            "over",
        ]
        assert session.scalars(select(AttemptRow.exchanges)).one()


def test_an_event_goes_with_all_that_rests_on_it(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        rows.keep(
            session,
            rows.event("e", OLD),
            rows.decision("e", OLD),
            rows.delivery("d", OLD, of="e"),
            rows.attempt("d", START),
            rows.key("jira|d"),
        )

    thin(database, KEEP, clock)

    with database.reading() as session:
        for table in (EventRow, DecisionRow, DeliveryRow, AttemptRow, OrderingKeyRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_newer_state_outlives_an_older_dead_delivery_of_its_record(
    database: Database, clock: FakeClock
) -> None:
    """Or a replay of the dead one would not know that it goes backwards."""
    with database.transaction() as session:
        rows.keep(
            session,
            rows.event("first", OLD),
            rows.delivery("dead", OLD, State.DEAD, of="first", ordering_key="jira|ENG-1"),
            rows.event("second", OLD),
            rows.delivery("newer", OLD, of="second", ordering_key="jira|ENG-1"),
            rows.delivery("board", OLD, ordering_key="jira|ENG-1"),
            rows.key("jira|ENG-1"),
        )

    thin(database, KEEP, clock)

    with database.reading() as session:
        left = session.scalars(select(DeliveryRow.id).order_by(DeliveryRow.seq)).all()
        assert left == ["dead", "newer", "board"]
        assert session.scalars(select(EventRow.id).order_by(EventRow.seq)).all() == [
            "first",
            "second",
        ]
        assert session.scalars(select(OrderingKeyRow.key)).one() == "jira|ENG-1"


@pytest.mark.parametrize(("mended", "left"), [(False, 1), (True, 0)])
def test_an_event_that_a_rule_could_not_decide_waits_for_the_rule(
    database: Database, clock: FakeClock, mended: bool, left: int
) -> None:
    with database.transaction() as session:
        rows.keep(session, rows.event("e", OLD), rows.decision("e", OLD, "error", mended=mended))

    thin(database, KEEP, clock)

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EventRow)) == left


def test_only_what_was_decided_or_run_goes(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        rows.keep(
            session,
            rows.hold("open", OLD, "open"),
            rows.plan("running", OLD, "running"),
            rows.key("jira|idle"),
        )
        for number, name in enumerate(("down", "over", "unsaid")):
            alarms.lower(session, name, kind="dead", text="", remedy="", link="", now=OLD)
            if name != "down":
                alarms.lift(session, name, text="", now=OLD + A_DAY * number)
        session.execute(update(AlarmRow).where(AlarmRow.key == "unsaid").values(said="down"))

    thin(database, KEEP, clock)

    with database.reading() as session:
        assert session.scalars(select(HoldRow.id)).one() == "open"
        assert session.scalars(select(PlanRow.id)).one() == "running"
        assert set(session.scalars(select(AlarmRow.key))) == {"down", "unsaid"}


def test_a_replay_goes_with_its_items_unless_it_goes_on(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        for name, state in (("over", "cancelled"), ("never run", "planned"), ("goes on", "paused")):
            rows.keep(session, rows.replay(name, OLD, state))
            rows.keep(session, *(rows.replayed(name, number) for number in range(7)))

    thin(database, KEEP, clock, chunk=3)

    with database.reading() as session:
        assert session.scalars(select(ReplayRow.id)).all() == ["goes on"]
        assert set(session.scalars(select(ReplayItemRow.replay_id))) == {"goes on"}


def test_an_adoption_goes_with_its_pairs_once_it_is_over(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        rows.keep(session, rows.adoption("over", OLD), rows.adoption("goes on", OLD, "running"))
        rows.keep(session, *(rows.pair("over", number) for number in range(1, 6)))
        rows.keep(session, rows.pair("goes on"))

    thin(database, KEEP, clock, chunk=2)

    with database.reading() as session:
        assert session.scalars(select(AdoptionRow.id)).all() == ["goes on"]
        assert session.scalars(select(AdoptionPairRow.adoption_id)).all() == ["goes on"]


def test_what_a_backfill_had_left_to_read_goes_once_nobody_can_go_on_with_it(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        for name, state in (("cancelled", "cancelled"), ("never run", "planned"), ("on", "paused")):
            rows.keep(session, rows.backfill(name, START - A_DAY, state))
            rows.keep(session, *(rows.unread(name, number) for number in range(5)))

    thin(database, KEEP, clock, chunk=2)

    with database.reading() as session:
        assert len(session.scalars(select(BackfillRow.id)).all()) == 3
        assert set(session.scalars(select(BackfillRecordRow.backfill_id))) == {"on"}


def test_a_run_is_bounded_and_the_next_ones_catch_up(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        rows.keep(session, *(rows.change(f"e{number}", OLD) for number in range(10)))

    counts = []
    for _ in range(3):
        thin(database, KEEP, clock, chunk=2, rounds=2)
        with database.reading() as session:
            counts.append(session.scalar(select(func.count()).select_from(ChangeRow)))

    assert counts == [6, 2, 0]


def test_a_run_catches_up_while_there_is_time(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        rows.keep(session, *(rows.event(f"e{number}", OLD) for number in range(25)))
        rows.keep(session, *(rows.audit(OLD) for _ in range(7)))

    done = thin(database, KEEP, clock, chunk=5)

    with database.reading() as session:
        for table in (EventRow, AuditRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert done == 32


def test_an_alert_that_goes_on_stays_with_its_group_and_one_that_is_over_takes_its_signs(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        rows.keep(
            session,
            rows.alert_group("g", OLD),
            rows.alert("firing", OLD, "firing"),
            rows.alert("over", OLD),
            RaisedRow(id="1", event_id="e", alert_id="firing", at=OLD),
            RaisedRow(id="2", event_id="e", alert_id="over", at=OLD),
        )

    thin(database, KEEP, clock)

    with database.reading() as session:
        assert session.scalars(select(AlertRow.id)).all() == ["firing"]
        assert session.scalars(select(RaisedRow.alert_id)).all() == ["firing"]
        assert session.scalars(select(GroupRow.id)).all() == ["g"]
