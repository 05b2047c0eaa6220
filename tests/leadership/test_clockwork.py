"""The leader's clock: one node runs what is due, once, and a job that fails stops only itself."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bridge.access import audit
from bridge.access.keys import Principal, Role
from bridge.db import Database
from bridge.errors import TransientError
from bridge.leadership import store
from bridge.leadership.clockwork import Clockwork
from bridge.leadership.jobs import CatchUp, Errand, Job
from bridge.leadership.tables import LeaderRow
from bridge.leadership.trigger import cron, every
from clocks import FakeClock
from leadership.listeners import Done, Heard, Node

MINUTE = timedelta(minutes=1)
BRIDGE = Principal("bridge", Role.ADMIN)


def write(session: Session, scheduled: datetime) -> None:
    """A job whose work can be counted in the database."""
    audit.record(
        session,
        BRIDGE,
        "tick",
        f"{scheduled:%d %H:%M}",
        reason="",
        difference=None,
        now=scheduled,
    )


def minutely(*, catch_up: CatchUp = CatchUp.ONCE) -> Job:
    return Job(name="minutely", trigger=every(MINUTE), run=write, catch_up=catch_up)


def test_of_two_nodes_only_one_works(node: Node, clock: FakeClock, done: Done) -> None:
    one, two = node("a", minutely()), node("b", minutely())
    for _ in range(13):
        one.tick()
        two.tick()
        clock.advance(15)

    assert (one.leads, two.leads) == (True, False)
    assert done() == ["23 09:01", "23 09:02", "23 09:03"]


def test_when_the_leader_dies_the_other_takes_over_where_it_stopped(
    node: Node, clock: FakeClock, done: Done
) -> None:
    one, two = node("a", minutely()), node("b", minutely())
    one.tick()
    clock.advance(61)
    one.tick()
    two.tick()
    clock.advance(61)

    ran = two.tick()

    assert (two.leads, ran) == (True, 1)
    assert done() == ["23 09:01", "23 09:02"]


def test_a_leader_that_slept_through_its_lease_does_nothing_more(
    node: Node, clock: FakeClock, done: Done
) -> None:
    def sleep(scheduled: datetime) -> None:
        clock.advance(31)
        two.tick()

    slow = Errand(name="slow", trigger=every(MINUTE), run=sleep)
    one, two = node("a", slow, minutely()), node("b", minutely())
    one.tick()
    clock.advance(60)

    one.tick()

    assert (one.leads, two.leads) == (False, True)
    assert done() == ["23 09:01"]


def test_a_leader_rests_until_its_next_job_or_until_its_lease_wants_renewal(
    node: Node, clock: FakeClock
) -> None:
    leader = node("a", minutely())
    leader.tick()
    renewal = leader.rest()
    clock.advance(55)
    leader.tick()

    assert (renewal, leader.rest()) == (10, 5)


def test_a_node_that_does_not_lead_looks_every_second_and_writes_nothing(
    node: Node, database: Database
) -> None:
    node("a").tick()
    other = node("b")
    with database.reading() as session:
        before = session.execute(select(LeaderRow.fence, LeaderRow.leased_until)).one()

    other.tick()

    with database.reading() as session:
        after = session.execute(select(LeaderRow.fence, LeaderRow.leased_until)).one()
    assert (other.rest(), after) == (1, before)


def test_a_clean_end_hands_over_at_once(node: Node, clock: FakeClock) -> None:
    one, two = node("a"), node("b")
    one.tick()
    one.close()
    two.tick()

    assert (one.leads, two.leads) == (False, True)


@pytest.mark.parametrize(
    ("catch_up", "expected"), [(CatchUp.ONCE, ["26 06:00"]), (CatchUp.NONE, [])]
)
def test_what_was_missed_runs_once_or_not_at_all(
    node: Node,
    clock: FakeClock,
    done: Done,
    catch_up: CatchUp,
    expected: list[str],
) -> None:
    daily = Job(name="daily", trigger=cron("0 6 * * *"), run=write, catch_up=catch_up)
    node("a", daily).tick()
    clock.advance(timedelta(days=3))
    after = node("b", daily)

    for _ in range(3):
        after.tick()
        clock.advance(1)

    assert done() == expected
    clock.advance(timedelta(days=1, hours=-3, seconds=-3))
    after.tick()
    assert done() == [*expected, "27 06:00"]


def test_a_job_that_is_new_has_missed_nothing(node: Node, done: Done, clock: FakeClock) -> None:
    assert node("a", minutely()).tick() == 0
    assert done() == []


def test_a_job_on_a_wall_clock_runs_once_in_the_night_that_has_an_hour_twice(
    database: Database, heard: Heard, done: Done
) -> None:
    clock = FakeClock(datetime(2026, 10, 24, 22, 0, tzinfo=UTC))
    nightly = Job(name="nightly", trigger=cron("30 2 * * *", "Europe/Berlin"), run=write)
    works = Clockwork(
        database=database,
        clock=clock,
        node="a",
        works=[nightly],
        told=heard.told(),
        database_time=lambda _: clock.now(),
    )
    for _ in range(24 * 6):
        works.tick()
        clock.advance(600)

    assert done() == ["25 00:30"]


def test_a_job_that_fails_stops_no_other_and_is_tried_again(
    node: Node, database: Database, clock: FakeClock, done: Done, heard: Heard
) -> None:
    sick = [True]

    def fail(session: Session, scheduled: datetime) -> None:
        write(session, scheduled)
        if sick[0]:
            raise KeyError("anna@example.org")

    leader = node("a", Job(name="bad", trigger=cron("1 9 * * *"), run=fail), minutely())
    leader.tick()
    clock.advance(60)
    with capture_logs() as lines:
        leader.tick()

    assert done() == ["23 09:01"]  # of the good one: what the bad one wrote is rolled back
    assert heard.failed == [("bad", "KeyError")]
    assert "anna" not in str(lines)
    with database.transaction() as session:
        known = store.known(session, "bad", now=clock.now())
    assert (known.last_error, known.failures) == ("KeyError", 1)

    clock.advance(9)
    assert leader.tick() == 0
    clock.advance(1)
    assert leader.tick() == 1
    sick[0] = False
    clock.advance(20)
    leader.tick()

    assert [name for name, _ in heard.failed] == ["bad", "bad"]
    assert heard.mended == ["bad"]
    assert done() == ["23 09:01", "23 09:01"]


def test_an_errand_that_fails_waits_until_it_is_due_again(
    node: Node, clock: FakeClock, heard: Heard
) -> None:
    asked: list[str] = []

    def ask(scheduled: datetime) -> None:
        asked.append(f"{scheduled:%H:%M}")
        if len(asked) == 1:
            raise TransientError("jira: did not connect")

    leader = node("a", Errand(name="poll", trigger=every(MINUTE), run=ask))
    for _ in range(15):
        leader.tick()
        clock.advance(10)

    assert asked == ["09:01", "09:02"]
    assert heard.failed == [("poll", "jira: did not connect")]
    assert heard.mended == ["poll"]


def test_an_errand_is_outside_of_any_transaction(
    node: Node, database: Database, clock: FakeClock, done: Done
) -> None:
    def go(scheduled: datetime) -> None:
        with database.transaction() as session:
            write(session, scheduled)

    leader = node("a", Errand(name="errand", trigger=every(MINUTE), run=go))
    leader.tick()
    clock.advance(60)

    assert leader.tick() == 1
    assert done() == ["23 09:01"]


def test_a_scheduled_time_is_taken_once_even_by_two_who_both_think_they_lead(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        before = store.known(session, "job", now=clock.now()).last_scheduled_at
        then = clock.advance(60)
        first = store.take(session, "job", then, before=before)
        second = store.take(session, "job", then, before=before)

    assert (first, second) == (True, False)


def test_a_leader_writes_its_lease_seldom(node: Node, database: Database, clock: FakeClock) -> None:
    leader = node("a")
    leader.tick()
    clock.advance(9)
    leader.tick()
    with database.transaction() as session:
        other = store.campaign(session, "clock", "b", lease=MINUTE, now=clock.advance(21))

    assert other is not None


def test_two_jobs_of_one_name_are_refused(node: Node) -> None:
    with pytest.raises(ValueError, match="one name"):
        node("a", minutely(), minutely())


def test_who_lost_the_lease_without_noticing_rolls_back_what_it_began(
    node: Node, database: Database, clock: FakeClock, done: Done
) -> None:
    leader = node("a", minutely())
    clock.advance(59)
    leader.tick()
    with database.transaction() as session:
        held = store.Lease(name="clock", holder="a", fence=1)
        assert store.resign(session, held, now=clock.now())
        assert store.campaign(session, "clock", "b", lease=MINUTE, now=clock.now())
    clock.advance(1)

    ran = leader.tick()

    assert (ran, leader.leads) == (0, False)
    assert done() == []
