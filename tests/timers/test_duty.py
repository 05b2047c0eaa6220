"""Time is the leader's duty: one node keeps it, and another goes on when that one is gone."""

from datetime import timedelta

from bridge.duties import Duties
from bridge.leadership.clockwork import LEASE, Clockwork
from bridge.leadership.tables import JobRow
from bridge.metrics import Metrics
from bridge.outbox.restore import Watch
from bridge.pipeline.timing import keep
from bridge.settings import BridgeFile
from pipeline.town import Town
from timers.hourglass import Hourglass


def clockwork(town: Town, node: str) -> Clockwork:
    """A node's clock, in the time that stands still."""
    duties = Duties(
        world=town.world, file=BridgeFile(), metrics=Metrics(), node=node, watch=Watch(gap=None)
    )
    made = duties.clockwork(not_ready=lambda: "")
    made.database_time = lambda _: town.clock.now()
    return made


def test_the_leader_keeps_time_and_whoever_follows_it_goes_on(glass: Hourglass) -> None:
    glass.live_by("late work.overdue")
    one, other = clockwork(glass.town, "one"), clockwork(glass.town.beside(), "other")
    one.tick()
    other.tick()
    glass.work("1", due="2026-11-23T10:00:00Z")
    glass.work("2", due="2026-11-23T11:00:00Z")

    glass.town.clock.advance(timedelta(hours=1))
    other.tick()  # the lease has lapsed, and this one takes it
    other.tick()
    assert (one.leads, other.leads) == (True, True)  # the one does not know it yet
    one.tick()
    assert (one.leads, glass.told) == (False, ["late 1 11-23 10:00"])

    glass.town.clock.advance(timedelta(hours=1) + LEASE)
    one.tick()
    one.tick()
    other.tick()

    assert sorted(glass.told) == ["late 1 11-23 10:00", "late 2 11-23 11:00"]


def test_a_leader_that_cannot_load_the_rules_lets_what_is_due_wait(glass: Hourglass) -> None:
    glass.live_by("late work.overdue")
    glass.work("1", due="2026-11-23T10:00:00Z")
    kept = glass.town.world
    glass.town.spoil_rules()
    glass.restart()
    leader = clockwork(glass.town, "one")

    glass.town.clock.advance(timedelta(hours=1))
    leader.tick()
    glass.town.clock.advance(timedelta(minutes=1))
    leader.tick()

    with glass.town.database.reading() as session:
        assert session.get_one(JobRow, "timers").last_error == ""
    assert glass.timers == {"late 1": "11-23 10:00"}
    keep(kept)
    assert glass.told == ["late 1 11-23 10:00"]
