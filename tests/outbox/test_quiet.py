"""How long the outbox may rest: until the next delivery, lease or probe, and no longer."""

import math
from datetime import timedelta

import pytest

from bridge.errors import CredentialError, TransientError
from bridge.outbox import connection, ordering
from outbox.stand import Stand


def test_where_nothing_is_owed_nothing_comes_due(stand: Stand) -> None:
    assert stand.dispatcher.quiet_for() == math.inf


def test_a_retry_is_waited_for_to_the_moment(stand: Stand) -> None:
    delivery = stand.update("a")
    stand.vendor.blow(TransientError("away"))
    stand.step()
    wait = stand.delivery(delivery).not_before - stand.clock.now()

    assert wait > timedelta(0)
    assert stand.dispatcher.quiet_for() == wait.total_seconds()


def test_the_earliest_of_several_connections_counts(stand: Stand) -> None:
    now = stand.clock.now()
    stand.update("a", thing="1", not_before=now + timedelta(seconds=9))
    stand.update("b", thing="2", not_before=now + timedelta(seconds=4), connection="club")

    assert stand.dispatcher.quiet_for() == 4


def test_a_record_that_was_written_often_is_waited_for(stand: Stand) -> None:
    delivery = stand.update("a")
    with stand.database.transaction() as session:
        key = ordering.lock(session, [stand.key(delivery).key]).popitem()[1]
        key.not_before = stand.clock.now() + timedelta(seconds=2)

    assert stand.dispatcher.quiet_for() == 2


def test_a_lease_is_waited_for_since_its_holder_may_be_dead(stand: Stand) -> None:
    stand.update("a")
    stand.claim()

    assert stand.dispatcher.quiet_for() == pytest.approx(
        stand.dispatcher.term.total_seconds(), abs=30
    )


def test_what_is_due_and_in_nobodys_hand_is_not_quiet(stand: Stand) -> None:
    stand.update("a")

    assert stand.dispatcher.quiet_for() == 0


def test_of_a_connection_whose_credentials_are_bad_the_next_probe_counts(stand: Stand) -> None:
    stand.update("a")
    stand.vendor.blow(CredentialError("no"))
    stand.step()
    row = stand.connection()
    assert row is not None
    assert row.probe_at is not None
    probe = row.probe_at - stand.clock.now()

    assert stand.dispatcher.quiet_for() == probe.total_seconds()


def test_a_connection_that_a_person_paused_keeps_nobody_awake(stand: Stand) -> None:
    stand.update("a")
    with stand.database.transaction() as session:
        connection.set_by_person(
            session, "shop", connection.PAUSED, reason="", now=stand.clock.now()
        )

    assert stand.dispatcher.quiet_for() == math.inf


def test_a_part_that_is_shut_keeps_nobody_awake_before_its_probe(stand: Stand) -> None:
    stand.vendor.shut["alerts"] = CredentialError("no", part="channel:alerts")
    stand.post("a", "alerts")
    stand.step()
    stand.post("b", "alerts")
    part = stand.connection("shop|channel:alerts")
    assert part is not None
    assert part.probe_at is not None
    probe = part.probe_at - stand.clock.now()

    assert stand.dispatcher.quiet_for() == probe.total_seconds()
