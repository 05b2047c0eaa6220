"""What the leader does by the clock: silence, heartbeat, recovery; and the gauges of every node."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update

from alarms.receiver import Receiver
from bridge.alarms import store as alarms
from bridge.alarms.tables import AlarmRow
from bridge.inbox.tables import MessageState
from bridge.insight.book import stats
from bridge.insight.window import Window
from bridge.ledger.tables import LinkRow
from bridge.outbox import connection, hearing
from bridge.outbox.tables import ConnectionRow, HoldRow, State
from bridge.process import Bridge
from bridge.rules.tables import ActivationRow
from clocks import START, FakeClock
from duties import rows
from duties.house import House

MINUTE = timedelta(minutes=1)


def alarm(bridge: Bridge, key: str) -> str:
    """The state of an alarm; empty when it never was."""
    with bridge.database.reading() as session:
        return session.scalar(select(AlarmRow.state).where(AlarmRow.key == key)) or ""


def hear(bridge: Bridge, *, gap: float) -> None:
    with bridge.database.transaction() as session:
        heard = update(ConnectionRow).where(ConnectionRow.name == "monitoring")
        session.execute(heard.values(last_message_at=bridge.clock.now(), gap_seconds=gap))


def gauge(bridge: Bridge, name: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(bridge.metrics.exposition().decode())
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def lower(bridge: Bridge, key: str) -> None:
    with bridge.database.transaction() as session:
        alarms.lower(
            session, key, kind="x", text="wrong", remedy="", link="", now=bridge.clock.now()
        )


@pytest.mark.parametrize(
    ("gap", "limit"), [(900.0, timedelta(hours=2, minutes=30)), (1.0, timedelta(hours=1))]
)
def test_ten_usual_gaps_without_a_message_are_silence_but_never_less_than_an_hour(
    house: House, clock: FakeClock, gap: float, limit: timedelta
) -> None:
    bridge = house.build()
    hear(bridge, gap=gap)
    bridge.worker.clockwork.tick()

    clock.advance(limit)
    bridge.worker.clockwork.tick()
    at_the_limit = alarm(bridge, "silent:monitoring")
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()
    after_it = alarm(bridge, "silent:monitoring")
    hear(bridge, gap=gap)
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert (at_the_limit, after_it) == ("", "down")
    assert alarm(bridge, "silent:monitoring") == "up"


@pytest.mark.parametrize(("hours", "state"), [(None, ""), (2, "down")])
def test_a_connection_that_was_never_heard_is_silent_if_its_settings_say_how_long(
    house: House, clock: FakeClock, hours: float | None, state: str
) -> None:
    bridge = house.build(silent=hours)
    bridge.worker.clockwork.tick()

    clock.advance(timedelta(hours=2, minutes=1))
    bridge.worker.clockwork.tick()

    assert alarm(bridge, "silent:monitoring") == state


def test_the_leader_alone_tells_the_outside_that_it_lives(
    house: House, clock: FakeClock, outside: Receiver
) -> None:
    leader = house.build(heartbeat={"url": outside.url, "every": "1m"})
    other = house.build(heartbeat={"url": outside.url, "every": "1m"})
    for bridge in (leader, other):
        bridge.worker.clockwork.tick()

    for _ in range(3):
        clock.advance(MINUTE)
        for bridge in (leader, other):
            bridge.worker.clockwork.tick()

    assert [call.path for call in outside.calls] == ["/hook/s3cr3t"] * 3
    assert (leader.worker.clockwork.leads, other.worker.clockwork.leads) == (True, False)


def test_a_leader_that_does_not_drain_is_silent_until_it_does(
    house: House, clock: FakeClock, outside: Receiver
) -> None:
    leader = house.build(heartbeat={"url": outside.url, "every": "1m"})
    leader.worker.clockwork.tick()
    leader.worker._trouble("no mappings can be loaded")

    clock.advance(MINUTE)
    leader.worker.clockwork.tick()
    while_stuck = len(outside.calls)
    leader.worker._trouble("")
    clock.advance(MINUTE)
    leader.worker.clockwork.tick()

    assert (while_stuck, len(outside.calls)) == (0, 1)
    assert alarm(leader, "job:heartbeat") == ""


def test_a_heartbeat_that_nobody_takes_is_an_alarm_that_ends(
    house: House, clock: FakeClock, outside: Receiver
) -> None:
    bridge = house.build(heartbeat={"url": outside.url, "every": "1m"})
    bridge.worker.clockwork.tick()
    outside.status = 500

    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()
    down = alarm(bridge, "job:heartbeat")
    outside.status = 200
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert down == "down"
    assert alarm(bridge, "job:heartbeat") == "up"
    assert "s3cr3t" not in repr(bridge.metrics.exposition())


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("bad:monitoring", rows.message("m", START, MessageState.BAD, connection="monitoring")),
        ("rule:told", rows.decision("e", START, "error", rule="told")),
        ("dead:told:teams", rows.delivery("d", START, State.DEAD, rule="told", connection="teams")),
    ],
    ids=["bad", "rule", "dead"],
)
def test_an_alarm_ends_when_its_reason_is_gone(
    house: House, clock: FakeClock, key: str, reason: Any
) -> None:
    bridge = house.build()
    with bridge.database.transaction() as session:
        kind = type(reason)
        columns = {c.key for c in kind.__table__.columns} - {"seq"}
        row = kind(**{name: getattr(reason, name) for name in columns})
        rows.keep(session, row)
    lower(bridge, key)
    bridge.worker.clockwork.tick()

    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()
    while_there = alarm(bridge, key)
    with bridge.database.transaction() as session:
        session.delete(session.get_one(kind, row.seq))
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert (while_there, alarm(bridge, key)) == ("down", "up")


def test_a_link_to_a_deleted_record_that_was_taken_apart_is_no_alarm(
    house: House, clock: FakeClock
) -> None:
    bridge, ref = house.build(), "jira:issue:1"
    pair = {"left_ref": rows.CASE, "left_kind": "feedback", "right_ref": ref, "role": "task"}
    with bridge.database.transaction() as session:
        gone = rows.record(ref, clock.now(), connection="jira", deleted_at=clock.now())
        rows.keep(session, gone, rows.link("lnk_1", clock.now(), state="dead", **pair))
    lower(bridge, "deleted:jira")
    lower(bridge, "deleted:salesforce")
    bridge.worker.clockwork.tick()

    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()
    while_there = alarm(bridge, "deleted:jira"), alarm(bridge, "deleted:salesforce")
    with bridge.database.transaction() as session:
        session.delete(session.get_one(LinkRow, "lnk_1"))
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert while_there == ("down", "up")
    assert alarm(bridge, "deleted:jira") == "up"


@pytest.mark.parametrize(
    ("key", "state"),
    [("connection:teams", connection.CREDENTIALS), ("breaker:teams", connection.BROKEN)],
    ids=["a pause", "a breaker"],
)
def test_what_a_person_opened_again_is_over(
    house: House, clock: FakeClock, key: str, state: str
) -> None:
    bridge = house.build()
    lower(bridge, key)
    with bridge.database.transaction() as session:
        session.get_one(ConnectionRow, "teams").state = state
    bridge.worker.clockwork.tick()

    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()
    before = alarm(bridge, key)
    with bridge.database.transaction() as session:
        connection.set_by_person(session, "teams", connection.OPEN, reason="", now=clock.now())
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert (before, alarm(bridge, key)) == ("down", "up")


def test_webhooks_that_were_turned_away_are_taken_again(house: House, clock: FakeClock) -> None:
    bridge = house.build()
    lower(bridge, "fault:monitoring")
    bridge.worker.clockwork.tick()
    clock.advance(timedelta(minutes=6))
    bridge.worker.clockwork.tick()
    nothing_came = alarm(bridge, "fault:monitoring")

    with bridge.database.transaction() as session:
        hearing.heard(session, hearing.hearings(session)["monitoring"], at=[clock.now()])
    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    assert (nothing_came, alarm(bridge, "fault:monitoring")) == ("down", "up")


def test_a_hold_that_nobody_decided_ends_by_itself(house: House, clock: FakeClock) -> None:
    bridge = house.build()
    with bridge.database.transaction() as session:
        rows.keep(session, rows.hold("h", START, "open", until=START + MINUTE, then="release"))
    bridge.worker.clockwork.tick()

    clock.advance(MINUTE)
    bridge.worker.clockwork.tick()

    with bridge.database.reading() as session:
        assert session.scalars(select(HoldRow.state)).all() == ["expired"]


def test_a_node_that_cannot_load_the_active_set_shows_the_one_before(house: House) -> None:
    bridge = house.build()
    bridge.worker.gauges()
    before = gauge(bridge, "bridge_rule_version_info")

    with bridge.database.transaction() as session:
        values = {"at": START, "by": "a newer node", "kind": "activate"}
        rows.keep(session, ActivationRow(hash="of-another-version", **values))
    bridge.worker.gauges()

    assert list(before.values()) == [1.0]
    assert gauge(bridge, "bridge_rule_version_info") == before


def test_what_needs_a_person_is_one_number_for_the_metric_and_the_statistics(
    house: House,
) -> None:
    bridge = house.build()
    with bridge.database.transaction() as session:
        rows.keep(session, rows.message("m", START, MessageState.BAD))
        rows.keep(session, rows.delivery("d", START, State.DEAD))
        rows.keep(session, rows.delivery("h1", START, State.HELD, hold_id="h"))
        rows.keep(session, rows.delivery("h2", START, State.HELD, hold_id="h"))
        rows.keep(session, rows.hold("h", START, "open"))
        rows.keep(session, rows.decision("e", START, "error"))
    bridge.worker.gauges()

    found = stats(bridge.database, Window(since=START - MINUTE, until=START)).needs_person

    shown = {kind: count for (kind,), count in gauge(bridge, "bridge_needs_person").items()}
    assert shown == found.by_kind == {"bad_message": 1, "dead": 1, "hold": 1, "rule_error": 1}
    assert sum(shown.values()) == found.n == 4
