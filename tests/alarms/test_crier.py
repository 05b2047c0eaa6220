"""Rounds of telling: what is new is said, and who heard it is remembered."""

from alarms.listeners import TEAMS, Channels, addresses
from bridge.alarms import store
from bridge.alarms.addresses import Means
from bridge.alarms.crier import cry
from bridge.db import Database
from clocks import FakeClock


def test_a_round_says_what_is_new_and_remembers_who_heard_it(
    database: Database, channels: Channels, means: Means, clock: FakeClock
) -> None:
    with database.transaction() as session:
        for key in ("a", "b"):
            store.lower(session, key, kind="error", text=key, remedy="", link="", now=clock.now())

    told = [
        cry(database, addresses(TEAMS), broken=frozenset(), means=means, now=clock.now())
        for _ in range(2)
    ]

    assert told == [2, 0]
    assert [card[2] for card in channels.cards] == ["Bridge needs you: a", "Bridge needs you: b"]


def test_a_round_ends_where_nobody_listens_and_is_taken_up_again(
    database: Database, channels: Channels, means: Means, clock: FakeClock
) -> None:
    with database.transaction() as session:
        for key in ("a", "b"):
            store.lower(session, key, kind="error", text=key, remedy="", link="", now=clock.now())
    channels.away = True
    assert cry(database, addresses(TEAMS), broken=frozenset(), means=means, now=clock.now()) == 0
    channels.away = False

    again = cry(database, addresses(TEAMS), broken=frozenset(), means=means, now=clock.now())
    later = cry(database, addresses(TEAMS), broken=frozenset(), means=means, now=clock.advance(60))

    assert (again, later) == (1, 1)
    assert [card[2] for card in channels.cards] == ["Bridge needs you: b", "Bridge needs you: a"]


def test_without_an_address_nothing_is_counted_as_unheard(
    database: Database, means: Means, clock: FakeClock
) -> None:
    with database.transaction() as session:
        store.lower(session, "a", kind="error", text="a", remedy="", link="", now=clock.now())

    assert cry(database, [], broken=frozenset(), means=means, now=clock.now()) == 0

    with database.reading() as session:
        assert [alarm.failures for alarm in store.unsaid(session, now=clock.now())] == [0]
