"""Cards that grew old are told as one."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.db import Database
from bridge.errors import TransientError
from bridge.outbox import stale
from bridge.outbox.arming import action_of
from bridge.outbox.tables import State
from clocks import FakeClock
from outbox.stand import Stand

HOURS = timedelta(hours=1)


@pytest.fixture
def old(stand: Stand) -> dict[str, Any]:
    """What makes a card stale after two hours."""
    return {"stale_at": stand.clock.now() + 2 * HOURS}


def test_old_cards_of_a_channel_become_one_in_their_order(
    stand: Stand, old: dict[str, Any]
) -> None:
    ids = [stand.post(text, subject=f"crm:case:{text}", **old) for text in "abc"]
    other = stand.post("elsewhere", channel="sales", **old)

    ends = stand.later(3 * HOURS)

    assert sorted(str(end) for end in ends) == ["accepted", "accepted", "pending", "pending"]
    assert stand.vendor.texts("alerts") == ["a + b + c"]
    assert stand.vendor.texts("sales") == ["elsewhere"]
    told = [stand.delivery(one) for one in ids]
    assert sorted(row.state for row in told) == ["accepted", "merged", "merged"]
    sender = next(row.id for row in told if row.state == "accepted")
    assert {row.superseded_by for row in told if row.state == "merged"} == {sender}
    assert stand.delivery(other).state == State.ACCEPTED


def test_young_cards_go_alone(stand: Stand, old: dict[str, Any]) -> None:
    for text in "ab":
        stand.post(text, subject=f"crm:case:{text}", **old)

    stand.later(HOURS)

    assert sorted(stand.vendor.texts("alerts")) == ["a", "b"]


def test_what_was_tried_expired_or_is_claimed_is_not_told_for_others(
    stand: Stand, old: dict[str, Any]
) -> None:
    sender = stand.post("a", subject="crm:case:1", **old)
    stand.post("tried", subject="crm:case:2", tries=1, **old)
    stand.post("expired", subject="crm:case:3", expires_at=stand.clock.now() + HOURS, **old)
    stand.clock.advance(3 * HOURS)
    stand.claim()
    row = stand.delivery(sender)

    action = stale.catch_up(
        stand.database, row, action_of(row, stand.world.actions), now=stand.clock.now()
    )

    assert action.model_dump()["text"] == "a"


def test_a_catch_up_card_that_fails_is_sent_again_as_it_is(
    stand: Stand, old: dict[str, Any]
) -> None:
    for text in "ab":
        stand.post(text, subject=f"crm:case:{text}", **old)
    stand.vendor.blow(TransientError("busy"))
    stand.clock.advance(3 * HOURS)
    stand.step()

    ends = stand.later(HOURS)

    assert ends == [State.ACCEPTED]
    assert stand.vendor.texts("alerts") == ["a + b"]


def test_a_card_that_another_worker_sent_meanwhile_is_not_told_twice(
    postgres_database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(postgres_database, clock)
    old: dict[str, Any] = {"stale_at": clock.now() + 2 * HOURS}
    first = stand.post("a", subject="crm:case:1", **old)
    second = stand.post("b", subject="crm:case:2", **old)
    clock.advance(3 * HOURS)
    seen = stand.delivery(first)
    with stand.database.transaction() as session:
        mine = session.merge(stand.delivery(second))
        mine.state = State.ACCEPTED

    action = stale.catch_up(
        stand.database, seen, action_of(seen, stand.world.actions), now=clock.now()
    )

    assert action.model_dump()["text"] == "a"
    assert stand.delivery(second).state == State.ACCEPTED


def test_a_card_behind_one_that_is_under_way_keeps_its_place(
    stand: Stand, old: dict[str, Any]
) -> None:
    stand.post("under way", subject="crm:case:1")
    stand.claim()
    stand.post("behind it", subject="crm:case:1", **old)
    row = stand.delivery(stand.post("alone", subject="crm:case:2", **old))
    stand.clock.advance(3 * HOURS)

    action = stale.catch_up(
        stand.database, row, action_of(row, stand.world.actions), now=stand.clock.now()
    )

    assert action.model_dump()["text"] == "alone"
