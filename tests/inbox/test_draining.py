"""What one message may do to the others on their way to the ledger: nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import update

from bridge.inbox import store
from bridge.inbox.store import LEASE, MAX_CLAIMS
from bridge.inbox.tables import MessageRow, MessageState
from bridge.ledger.tables import ChangeRow, EventRow
from bridge.pipeline.intake import APPLY_AGAIN
from inbox.house import INCIDENT, House


def test_a_message_that_ends_the_process_again_and_again_is_bad_and_people_are_told(
    house: House,
) -> None:
    house.jira(INCIDENT)
    with house.bridge.database.transaction() as session:
        session.execute(update(MessageRow).values(claims=MAX_CLAIMS))

    house.drain()

    (row,) = house.messages()
    assert row.state == MessageState.BAD
    assert "claimed 5 times without an end" in row.reason
    assert house.alarms()["bad:jira"].state == "down"
    assert house.count(EventRow) == 0


def test_a_message_whose_process_died_is_taken_when_its_lease_runs_out(house: House) -> None:
    house.jira(INCIDENT)
    with house.bridge.database.transaction() as session:
        store.claim(session, limit=1, now=house.clock.now())

    house.drain()
    early = house.messages()[0].state
    house.clock.advance(LEASE + timedelta(seconds=1))
    house.drain()

    assert early == MessageState.PENDING
    assert house.messages()[0].state == MessageState.TRANSLATED


def test_a_database_that_fails_makes_no_message_bad(house: House, said: Callable[[], str]) -> None:
    """One table is gone for a while; the messages wait, and nothing of them is lost."""
    table = cast("Any", ChangeRow.__table__)
    engine = house.bridge.database.engine
    due = {**INCIDENT["issue"]["fields"], "duedate": "2026-12-01"}
    house.jira({**INCIDENT, "issue": {**INCIDENT["issue"], "fields": due}})
    house.signed(b'{"object": "alert", "id": 1, "fields": {}}')

    table.drop(engine)
    house.drain()
    states = [row.state for row in house.messages()]
    table.create(engine)
    house.clock.advance(APPLY_AGAIN)
    house.drain()

    assert states == [MessageState.PENDING, MessageState.IGNORED]
    assert [row.state for row in house.messages()] == ["translated", "ignored"]
    assert house.count(EventRow) == 1
    assert "inbox.not_applied" in said()
