"""Bad credentials stop what they are for, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bridge.db import Database
from bridge.errors import CredentialError, PermanentError, TransientError
from bridge.outbox import connection, hearing
from bridge.outbox.tables import State
from clocks import FakeClock
from outbox.stand import Stand

EXPIRED = CredentialError("the token has expired", code="401")
NO_ALERTS = CredentialError("channel alerts: answered 401", code="401", part="channel:alerts")
MINUTE = timedelta(minutes=1)


def test_bad_credentials_pause_the_connection_and_keep_everything(stand: Stand) -> None:
    stand.vendor.blow(EXPIRED)
    first = stand.update("a", thing="1")
    (claimed,) = stand.claim()
    waiting = stand.update("b", thing="2")
    elsewhere = stand.update("c", connection="club")

    stand.dispatcher.dispatch(claimed)
    ends = stand.step()

    row = stand.connection()
    assert row is not None
    assert (row.state, row.reason) == ("credentials", "the token has expired")
    assert stand.heard.paused == ["shop"]
    assert ends == [State.SUCCEEDED]
    assert stand.delivery(elsewhere).state == State.SUCCEEDED
    assert [stand.delivery(one).state for one in (first, waiting)] == ["pending", "pending"]
    assert stand.delivery(first).tries == 0


def test_a_paused_connection_is_probed_with_one_delivery_that_opens_it(stand: Stand) -> None:
    stand.vendor.blow(EXPIRED)
    for thing in "123":
        stand.update("a", thing=thing)
    (claimed, *_) = stand.claim(1)
    stand.dispatcher.dispatch(claimed)

    before = stand.later(MINUTE - timedelta(seconds=1))
    probe = stand.later(timedelta(seconds=1))
    rest = stand.step()

    row = stand.connection()
    assert row is not None
    assert before == []
    assert probe == [State.SUCCEEDED]
    assert rest == [State.SUCCEEDED] * 2
    assert (row.state, stand.heard.recovered) == ("open", ["shop"])


def test_probes_that_fail_come_less_and_less_often_up_to_a_quarter_of_an_hour(stand: Stand) -> None:
    stand.vendor.blow(*[EXPIRED] * 100)
    stand.update("a")
    stand.step()
    waits: list[timedelta] = []
    since = stand.clock.now()

    while len(waits) < 6:
        if stand.later(MINUTE):
            waits.append(stand.clock.now() - since)
            since = stand.clock.now()

    assert [wait / MINUTE for wait in waits] == [1, 2, 4, 8, 15, 15]
    assert stand.heard.paused == ["shop"]


def test_calls_that_were_under_way_do_not_put_the_probe_off(stand: Stand) -> None:
    stand.vendor.blow(*[EXPIRED] * 8)
    for thing in range(8):
        stand.update("a", thing=str(thing))

    stand.step()

    row = stand.connection()
    assert row is not None
    assert row.probe_at == stand.clock.now() + MINUTE
    assert stand.heard.paused == ["shop"]


def test_a_probe_is_booked_only_when_something_goes_out(stand: Stand) -> None:
    stand.vendor.blow(EXPIRED, TransientError("busy", retry_after=3_600.0))
    stand.update("a")
    stand.step()
    stand.later(MINUTE)
    stand.clock.advance(2 * MINUTE)
    stand.update("b", connection="club")

    ends = stand.step()

    row = stand.connection()
    assert row is not None
    assert ends == [State.SUCCEEDED]
    assert row.probe_at == stand.clock.now()


def test_two_workers_send_one_probe(database: Database, clock: FakeClock) -> None:
    stand = Stand.up(database, clock)
    stand.vendor.blow(EXPIRED)
    for thing in range(10):
        stand.update("a", thing=str(thing))
    stand.dispatcher.dispatch(stand.claim(1)[0])
    clock.advance(MINUTE)

    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda _: stand.claim(), range(4)))

    assert sum(len(one) for one in claims) == 1


def test_what_is_refused_for_its_values_does_not_open_a_connection(stand: Stand) -> None:
    stand.vendor.blow(EXPIRED, PermanentError("no such field"))
    stand.update("a")
    stand.step()

    stand.later(MINUTE)

    row = stand.connection()
    assert row is not None
    assert row.state == "credentials"


def test_a_dead_channel_stops_nothing_but_itself(stand: Stand) -> None:
    stand.vendor.shut["alerts"] = NO_ALERTS
    dead = [stand.post("x", subject=f"crm:case:{number}") for number in range(3)]
    first = stand.claim(1)
    stand.dispatcher.dispatch(first[0])
    alive = stand.post("y", channel="sales")

    ends = stand.step()

    assert ends == [State.ACCEPTED]
    assert stand.delivery(alive).state == State.ACCEPTED
    assert [stand.delivery(one).state for one in dead] == ["pending"] * 3
    assert [stand.delivery(one).tries for one in dead] == [0, 0, 0]
    assert stand.heard.paused == ["shop|channel:alerts"]
    whole = stand.connection()
    assert whole is not None
    assert whole.state == "open"


def test_a_dead_channel_is_probed_less_and_less_often_and_said_once(stand: Stand) -> None:
    stand.vendor.shut["alerts"] = NO_ALERTS
    for number in range(3):
        stand.post("x", subject=f"crm:case:{number}")
    stand.dispatcher.dispatch(stand.claim(1)[0])

    probes = [len(stand.later(MINUTE)) for _ in range(40)]

    assert [minute for minute, count in enumerate(probes, 1) if count] == [1, 3, 7, 15, 30]
    assert max(probes) == 1
    assert stand.heard.paused == ["shop|channel:alerts"]


def test_a_card_that_goes_through_ends_the_pause_of_its_channel(stand: Stand) -> None:
    stand.vendor.shut["alerts"] = NO_ALERTS
    for number in range(3):
        stand.post("x", subject=f"crm:case:{number}")
    stand.dispatcher.dispatch(stand.claim(1)[0])
    stand.vendor.shut.clear()

    probe, rest = stand.later(MINUTE), stand.step()

    assert probe == [State.ACCEPTED]
    assert rest == [State.ACCEPTED] * 2
    assert stand.heard.recovered == ["shop|channel:alerts"]
    assert stand.connection("shop|channel:alerts") is None


def test_another_channel_does_not_end_it(stand: Stand) -> None:
    stand.vendor.shut["alerts"] = NO_ALERTS
    stand.post("x")
    stand.step()

    stand.post("y", channel="alerts-2")
    stand.step()

    assert stand.heard.recovered == []
    assert stand.connection("shop|channel:alerts") is not None


@pytest.mark.parametrize("part", ["", "channel:alerts"], ids=["connection", "channel"])
def test_what_a_person_resumes_goes_at_once(stand: Stand, part: str) -> None:
    stand.vendor.blow(CredentialError("expired", part=part))
    stand.post("x")
    stand.step()
    now = stand.clock.now()

    with stand.database.transaction() as session:
        connection.set_by_person(session, "shop", connection.OPEN, reason="renewed", now=now)

    assert stand.step() == [State.ACCEPTED]


def test_what_a_person_paused_is_not_even_probed(stand: Stand) -> None:
    stand.vendor.blow(EXPIRED, NO_ALERTS)
    stand.post("x")
    stand.post("y", connection="club")
    stand.step()
    now = stand.clock.now()
    with stand.database.transaction() as session:
        for name in ("shop", "club"):
            connection.set_by_person(session, name, connection.PAUSED, reason="", now=now)

    assert stand.later(timedelta(hours=1)) == []


def test_nobody_pauses_what_is_not_there(stand: Stand) -> None:
    stand.vendor.blow(NO_ALERTS)
    stand.post("x")
    stand.step()
    now = stand.clock.now()

    with stand.database.transaction() as session:
        for name in ("nowhere", "shop|channel:alerts"):
            assert not connection.set_by_person(session, name, "paused", reason="", now=now)


def test_the_usual_gap_between_messages_is_remembered(stand: Stand) -> None:
    start = stand.clock.now()
    with stand.database.transaction() as session:
        for minutes in ((0,), (20, 10), (30,), (0,)):
            known = hearing.hearings(session)["shop"]
            hearing.heard(session, known, at=[start + number * MINUTE for number in minutes])

    row = stand.connection()
    assert row is not None
    assert row.gap_seconds == pytest.approx(600)
    assert row.last_message_at == start + 30 * MINUTE


def test_a_part_is_spoken_of_as_people_do() -> None:
    assert connection.spoken("teams|channel:alerts") == "teams, channel alerts"
    assert connection.spoken("teams") == "teams"
