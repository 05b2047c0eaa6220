"""Messages are kept once a day, claimed under a lease, and put back to be read again."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update

from bridge.canonical.event import Origin
from bridge.db import Database
from bridge.inbox import store
from bridge.inbox.store import DEDUPE_FOR, LEASE, MAX_CLAIMS
from bridge.inbox.tables import MessageRow, MessageState, SeenMessageRow
from clocks import START, FakeClock
from inbox.arrivals import arrival


def test_what_is_sent_again_within_a_day_is_the_same_message(database: Database) -> None:
    with database.transaction() as session:
        first = store.keep(session, [arrival("id:1")], now=START)
    with database.transaction() as session:
        again = store.keep(session, [arrival("id:1")], now=START + DEDUPE_FOR)

    assert first[0].new
    assert again == [store.Kept(id=first[0].id, new=False)]


def test_an_id_is_free_again_after_a_day(database: Database) -> None:
    later = START + DEDUPE_FOR + timedelta(microseconds=1)
    with database.transaction() as session:
        first = store.keep(session, [arrival("id:1")], now=START)
    with database.transaction() as session:
        second = store.keep(session, [arrival("id:1", received_at=later)], now=later)
    with database.transaction() as session:
        third = store.keep(session, [arrival("id:1", received_at=later)], now=later)

    assert second[0].new
    assert second[0].id != first[0].id
    assert third == [store.Kept(id=second[0].id, new=False)]


def test_one_id_on_two_connections_is_two_messages(database: Database) -> None:
    arrivals = [arrival("id:1", connection=name) for name in ("jira", "jira-dc")]

    with database.transaction() as session:
        kept = store.keep(session, arrivals, now=START)

    assert [one.new for one in kept] == [True, True]
    assert kept[0].id != kept[1].id


def test_answers_come_in_the_order_of_arrivals_and_twins_of_one_group_are_one(
    database: Database,
) -> None:
    arrivals = [arrival(key, body=key.encode()) for key in ("id:9", "id:1", "id:9", "id:5")]

    with database.transaction() as session:
        kept = store.keep(session, arrivals, now=START)
    with database.reading() as session:
        bodies = {row.id: row.body for row in session.scalars(select(MessageRow))}

    assert [one.new for one in kept] == [True, True, False, True]
    assert kept[2].id == kept[0].id
    assert [bodies[one.id] for one in kept] == [b"id:9", b"id:1", b"id:9", b"id:5"]


def test_identities_that_nobody_sends_again_are_forgotten(database: Database) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival("id:1")], now=START)
        store.keep(session, [arrival("id:2")], now=START + timedelta(hours=1))

    with database.transaction() as session:
        gone = store.forget_identities(session, now=START + DEDUPE_FOR + timedelta(minutes=1))
        left = list(session.scalars(select(SeenMessageRow.identity)))

    assert gone == 1
    assert left == ["jira id:2"]


@pytest.mark.parametrize("key", ["id:\x00", "id:\ud800", "id:" + "ü" * 5_000], ids=ascii)
def test_an_id_that_a_database_could_not_take_is_known_again(database: Database, key: str) -> None:
    with database.transaction() as session:
        kept = store.keep(session, [arrival(key), arrival("id:" + "ü" * 4_999)], now=START)
        again = store.keep(session, [arrival(key)], now=START)

    assert [one.new for one in kept] == [True, True]
    assert again == [store.Kept(id=kept[0].id, new=False)]


def test_credentials_in_headers_are_blanked(database: Database) -> None:
    headers = {
        "authorization": "Basic cGFzcw==",
        "x-bridge-secret": "pass",
        "x-functions-key": "pass",
        "cookie": "sid=pass",
        "x-pass": "pass",
        "content-type": "application/json",
        "x-odd": "a\x00b\ud800",
    }

    with database.transaction() as session:
        store.keep(
            session, [arrival("1", headers=headers, private=frozenset({"x-pass"}))], now=START
        )
        kept = orjson.loads(session.scalars(select(MessageRow.headers)).one() or b"")

    assert kept.pop("content-type") == "application/json"
    assert kept.pop("x-odd") == "a\N{REPLACEMENT CHARACTER}b?"
    assert set(kept.values()) == {"[blank]"}


def test_a_claimed_message_is_nobody_elses_until_its_lease_runs_out(database: Database) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival("1")], now=START)
        first = store.claim(session, limit=10, now=START)
        second = store.claim(session, limit=10, now=START + LEASE)
        third = store.claim(session, limit=10, now=START + LEASE + timedelta(microseconds=1))

    assert [len(found) for found in (first, second, third)] == [1, 0, 1]


def test_who_comes_back_after_its_lease_does_not_overwrite_what_another_ended(
    database: Database,
) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival("1")], now=START)
        late = store.claim(session, limit=5, now=START)
    with database.transaction() as session:
        rescued = store.claim(session, limit=5, now=START + LEASE * 2)
        store.finish(
            session, [store.Ended(row=rescued[0], state=MessageState.TRANSLATED)], now=START
        )

    with database.transaction() as session:
        store.finish(
            session, [store.Ended(row=late[0], state=MessageState.BAD, reason="late")], now=START
        )

    with database.reading() as session:
        row = session.scalars(select(MessageRow)).one()
    assert (row.state, row.reason) == (MessageState.TRANSLATED, "")


def test_messages_are_claimed_in_the_order_they_came(database: Database) -> None:
    with database.transaction() as session:
        for key in ("9", "1", "5"):
            store.keep(session, [arrival(key, body=key.encode())], now=START)

    with database.transaction() as session:
        claimed = store.claim(session, limit=2, now=START)

    assert [row.body for row in claimed] == [b"9", b"1"]


def test_what_a_backfill_brings_waits_for_everything_else_and_goes_one_by_one(
    database: Database,
) -> None:
    with database.transaction() as session:
        for key, origin in (("1", "backfill"), ("2", "backfill"), ("3", "webhook"), ("4", "poll")):
            came = arrival(key, body=key.encode(), origin=Origin(origin))
            store.keep(session, [came], now=START)

    with database.transaction() as session:
        before = store.pending_past(session)
        claims = [store.claim(session, limit=50, now=START) for _ in range(3)]
        late = store.keep(session, [arrival("5", body=b"5")], now=START)
        claims += [store.claim(session, limit=50, now=START)]

    assert [[row.body for row in one] for one in claims] == [[b"3", b"4"], [b"1"], [b"2"], [b"5"]]
    assert (before, late[0].new) == (2, True)


def test_what_is_postponed_waits_and_spends_no_claim(database: Database) -> None:
    until = START + timedelta(seconds=30)
    with database.transaction() as session:
        store.keep(session, [arrival("1")], now=START)
        (row,) = store.claim(session, limit=1, now=START)
        store.postpone(session, row, until=until, reason="the org does not answer")

    with database.transaction() as session:
        early = store.claim(session, limit=1, now=until - timedelta(microseconds=1))
        (due,) = store.claim(session, limit=1, now=until)

    assert early == []
    assert due.claims == 1
    assert due.reason == "the org does not answer"


def test_what_may_have_ended_the_process_goes_alone(database: Database, clock: FakeClock) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival(key, body=key.encode()) for key in "123"], now=clock.now())
        store.claim(session, limit=50, now=clock.now())
        store.free_leases(session)  # the process died, and this is the next one
        store.keep(session, [arrival("new", body=b"new")], now=clock.now())

    with database.transaction() as session:
        groups = [store.claim(session, limit=50, now=clock.now()) for _ in range(4)]

    assert [[row.body for row in group] for group in groups] == [[b"1"], [b"2"], [b"3"], [b"new"]]


def test_those_before_one_that_was_claimed_already_are_taken_without_it(
    database: Database, clock: FakeClock
) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival(key, body=key.encode()) for key in "123"], now=clock.now())
        (first, _) = store.claim(session, limit=2, now=clock.now())
        store.postpone(session, first, until=clock.now(), reason="its claim is given back")
        store.free_leases(session)

    with database.transaction() as session:
        groups = [store.claim(session, limit=50, now=clock.now()) for _ in range(3)]

    assert [[row.body for row in group] for group in groups] == [[b"1"], [b"2"], [b"3"]]


def test_only_a_message_that_never_came_to_an_end_is_poison(database: Database) -> None:
    with database.transaction() as session:
        store.keep(session, [arrival("1")], now=START)
        found = []
        for _ in range(MAX_CLAIMS + 1):
            (row,) = store.claim(session, limit=1, now=START)
            found.append(store.is_poison(row))
            store.free_leases(session)

    assert found == [False] * MAX_CLAIMS + [True]


def test_a_message_is_put_back_as_if_it_had_just_come(database: Database) -> None:
    with database.transaction() as session:
        kept = store.keep(session, [arrival("1"), arrival("2")], now=START)
        rows = store.claim(session, limit=2, now=START)
        ended = [store.Ended(row=row, state=MessageState.BAD, reason="no") for row in rows]
        store.finish(session, ended, now=START)
        session.execute(
            update(MessageRow).where(MessageRow.id == kept[1].id).values(body=None, headers=None)
        )

    with database.transaction() as session:
        back = store.retranslate(session, select(MessageRow))
        (row,) = store.claim(session, limit=10, now=START)

    assert back == [kept[0].id]
    assert (row.id, row.reason, row.claims) == (kept[0].id, "", 1)


def test_the_inbox_may_rest_until_what_waits_or_what_another_holds_is_due(
    database: Database,
) -> None:
    with database.transaction() as session:
        empty = store.quiet_for(session, now=START)
        store.keep(session, [arrival("1"), arrival("2")], now=START)
        store.claim(session, limit=1, now=START)
        due = store.quiet_for(session, now=START)
        (second,) = store.claim(session, limit=1, now=START)
        held = store.quiet_for(session, now=START)
        store.postpone(session, second, until=START + timedelta(seconds=5), reason="")
        waiting = store.quiet_for(session, now=START)

    assert (empty, due) == (None, timedelta(0))
    assert (held, waiting) == (LEASE, timedelta(seconds=5))
