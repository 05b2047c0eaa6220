"""The clock moves on when its keeper dies, and what was missed runs once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bridge.access.tables import AuditRow
from nodes.town import Town
from patience import until


def test_the_clock_moves_when_its_leader_is_killed_and_what_was_missed_runs_once(
    town: Town,
) -> None:
    now = datetime.now(UTC)
    first = now.replace(minute=30, second=0, microsecond=0)  # no hour begins while it leads
    half_past = first + timedelta(hours=26)
    leader = town.start("a", ahead=(first - now).total_seconds())
    assert until(lambda: town.jobs() == {"once", "none"})

    leader.kill()
    heir = town.start("b", ahead=(half_past - now).total_seconds())
    led = heir.says("leadership.let_go")  # the last of what it does at its first tick

    with town.database.reading() as session:
        rows = session.execute(select(AuditRow.verb, AuditRow.target)).all()
    assert led
    assert [tuple(row) for row in rows] == [("once", f"{half_past:%H}:00")]
