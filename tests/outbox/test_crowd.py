"""Cards share a message only when their channel is behind or they are stale; urgent ones never do."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.errors import AmbiguousOutcome, PermanentError, TransientError
from bridge.outbox.tables import State
from outbox.stand import Stand

HOURS = timedelta(hours=1)
ALERTS = ("shop", "shop.tell|alerts")


@pytest.fixture
def old(stand: Stand) -> dict[str, Any]:
    """What makes a card stale after two hours."""
    return {"stale_at": stand.clock.now() + 2 * HOURS}


def test_a_card_on_a_quiet_channel_goes_alone_at_once(stand: Stand) -> None:
    for text in "ab":
        stand.tell(text, subject=f"crm:case:{text}")

    states = stand.bulk_step()

    assert states == [State.ACCEPTED] * 2
    assert sorted(stand.vendor.texts("alerts")) == ["a", "b"]


def test_cards_of_a_channel_that_is_behind_go_as_one_in_their_order(stand: Stand) -> None:
    ids = [stand.tell(text, subject=f"crm:case:{text}") for text in "abc"]
    stand.tell("elsewhere", channel="sales", subject="crm:case:d")

    states = stand.bulk_step()

    assert states == [State.ACCEPTED] * 4
    assert stand.vendor.texts("alerts") == ["a + b + c"]
    assert stand.vendor.texts("sales") == ["elsewhere"]
    batches = {stand.attempts(one)[0].batch for one in ids}
    assert len(batches) == 1
    assert None not in batches


def test_a_message_of_many_is_one_call_of_its_connections_room(stand: Stand) -> None:
    for number in range(9):
        stand.tell(str(number), subject=f"crm:case:{number}")

    first = stand.bulk_step(limit=1)
    second = stand.bulk_step(limit=1)
    third = stand.bulk_step(limit=1)

    assert [len(one) for one in (first, second, third)] == [4, 4, 1]
    assert len(stand.vendor.texts("alerts")) == 3


def test_without_a_crowd_each_card_takes_a_call_of_the_room(stand: Stand) -> None:
    for text in "ab":
        stand.tell(text, subject=f"crm:case:{text}")

    assert len(stand.bulk_step(limit=1)) == 1


def test_an_urgent_card_goes_alone_whoever_waits(stand: Stand) -> None:
    for text in "abc":
        stand.tell(text, subject=f"crm:case:{text}")
    stand.tell("urgent", subject="crm:case:u", urgent=True)

    stand.bulk_step()

    assert stand.vendor.texts("alerts") == ["urgent", "a + b + c"]


def test_urgent_cards_are_no_crowd(stand: Stand) -> None:
    for text in "abc":
        stand.tell(text, subject=f"crm:case:{text}", urgent=text != "c")

    stand.bulk_step()

    assert sorted(stand.vendor.texts("alerts")) == ["a", "b", "c"]


def test_a_card_that_cannot_share_goes_alone(stand: Stand) -> None:
    for text in ("a", "b", "c", "@dana"):
        stand.tell(text, subject=f"crm:case:{text}")

    stand.bulk_step()

    assert sorted(stand.vendor.texts("alerts")) == ["@dana", "a + b + c"]


def test_two_cards_about_one_subject_are_never_in_one_message(stand: Stand) -> None:
    for text in "abc":
        stand.tell(text, subject="crm:case:1")
    for text in "de":
        stand.tell(text, subject=f"crm:case:{text}")

    while stand.bulk_step():
        pass

    assert [one for text in stand.vendor.texts("alerts") for one in text if one in "abc"] == [
        "a",
        "b",
        "c",
    ]


def test_the_next_card_waits_for_company_while_one_is_under_way(stand: Stand) -> None:
    stand.tell("a", subject="crm:case:a")

    at_once = stand.bulk_step(ALERTS)
    for text in "bcd":
        stand.tell(text, subject=f"crm:case:{text}")
    full = stand.bulk_step(ALERTS)
    stand.tell("e", subject="crm:case:e")
    stand.clock.advance(0.6)
    waited = stand.bulk_step(ALERTS)
    stand.tell("f", subject="crm:case:f", urgent=True)
    urgent = stand.bulk_step(ALERTS)

    assert at_once == []
    assert full == [State.ACCEPTED] * 4
    assert waited == urgent == [State.ACCEPTED]
    assert stand.vendor.texts("alerts") == ["a + b + c + d", "e", "f"]


def test_stale_cards_share_though_they_are_few(stand: Stand, old: dict[str, Any]) -> None:
    for text in "ab":
        stand.tell(text, subject=f"crm:case:{text}", **old)
    stand.clock.advance(3 * HOURS)

    stand.bulk_step()

    assert stand.vendor.texts("alerts") == ["a + b"]


def test_one_stale_card_makes_no_company_of_a_young_one(stand: Stand, old: dict[str, Any]) -> None:
    stand.tell("old", subject="crm:case:o", **old)
    stand.clock.advance(3 * HOURS)
    stand.tell("young", subject="crm:case:y")

    stand.bulk_step()

    assert sorted(stand.vendor.texts("alerts")) == ["old", "young"]


def test_young_cards_that_are_few_go_alone(stand: Stand, old: dict[str, Any]) -> None:
    for text in "ab":
        stand.tell(text, subject=f"crm:case:{text}", **old)
    stand.clock.advance(HOURS)

    stand.bulk_step()

    assert sorted(stand.vendor.texts("alerts")) == ["a", "b"]


def test_what_was_refused_among_others_is_tried_alone(stand: Stand) -> None:
    ids = [stand.tell(text, subject=f"crm:case:{text}") for text in "abc"]
    stand.vendor.blow(PermanentError("too large"))

    first = stand.bulk_step()
    second = stand.bulk_step()

    assert first == [State.PENDING] * 3
    assert second == [State.ACCEPTED] * 3
    assert [stand.attempts(one)[0].outcome for one in ids] == ["refused_in_bulk"] * 3
    assert sorted(stand.vendor.texts("alerts")) == ["a", "b", "c"]


def test_after_a_lost_answer_each_does_what_its_own_rule_says(stand: Stand) -> None:
    rules = ("skip", "repeat", "skip")
    ids = [
        stand.tell(text, subject=f"crm:case:{text}", ambiguous=rule)
        for text, rule in zip("abc", rules, strict=True)
    ]
    stand.vendor.blow(AmbiguousOutcome("cut"))

    first = stand.bulk_step()
    stand.clock.advance(HOURS)
    second = stand.bulk_step()

    assert first == [State.ACCEPTED, State.PENDING, State.ACCEPTED]
    assert second == [State.ACCEPTED]
    assert all(stand.delivery(one).uncertain for one in ids)
    assert stand.vendor.texts("alerts") == ["b"]


def test_a_message_that_surely_did_not_go_is_sent_again_whole(stand: Stand) -> None:
    for text in "abc":
        stand.tell(text, subject=f"crm:case:{text}")
    stand.vendor.blow(TransientError("busy"))
    stand.bulk_step()
    stand.clock.advance(HOURS)

    states = stand.bulk_step()

    assert states == [State.ACCEPTED] * 3
    assert stand.vendor.texts("alerts") == ["a + b + c"]
