"""One try of a delivery: what each answer makes of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bridge.db import Database
from bridge.errors import (
    AmbiguousOutcome,
    CredentialError,
    DeliveryError,
    PermanentError,
    TransientError,
    Unconfigured,
)
from bridge.outbox import follow_up
from bridge.outbox.tables import State
from bridge.pipeline.chores import Chores
from clocks import FakeClock
from outbox.stand import Stand
from outbox.unsteady import Unsteady
from outbox.vendor import Killed, Wind


def test_what_goes_well_is_done_once_and_written_down(stand: Stand) -> None:
    delivery = stand.create("a thing")

    states = stand.step()

    row, (attempt,) = stand.delivery(delivery), stand.attempts(delivery)
    assert states == [State.SUCCEEDED]
    assert stand.vendor.texts("things") == ["a thing"]
    assert row.result == {
        "ref": "shop:thing:1",
        "key": "T-1",
        "url": "https://t/1",
        "note": "",
        "wrote": {},
    }
    assert (row.tries, row.claims, row.error_kind, row.finished_at) == (1, 0, "", stand.clock.now())
    assert (attempt.number, attempt.outcome, attempt.error) == (1, "done", "")
    assert stand.heard.ended == [(delivery, "succeeded")]
    assert stand.heard.tried == ["done"]
    assert stand.step() == []


@pytest.mark.parametrize(
    ("error", "state", "kind", "tries"),
    [
        (TransientError("busy", code="503"), State.PENDING, "transient", 1),
        (TransientError("slow down", retry_after=30.0), State.PENDING, "transient", 0),
        (AmbiguousOutcome("cut"), State.PENDING, "ambiguous", 1),
        (PermanentError("no such field", code="400"), State.DEAD, "permanent", 1),
        (CredentialError("expired", code="401"), State.PENDING, "credentials", 0),
        (Unconfigured("no token"), State.PENDING, "credentials", 0),
        (KeyError("a fault of ours"), State.PENDING, "bug", 1),
    ],
    ids=["transient", "retry-after", "ambiguous", "permanent", "credentials", "unset", "bug"],
)
def test_each_kind_of_error_has_its_end(
    stand: Stand, error: Exception, state: State, kind: str, tries: int
) -> None:
    delivery = stand.create()
    stand.vendor.blow(error)

    stand.step()

    row, (attempt,) = stand.delivery(delivery), stand.attempts(delivery)
    code = error.code if isinstance(error, DeliveryError) else type(error).__name__
    assert (row.state, row.error_kind, row.error_code, row.tries) == (state, kind, code, tries)
    assert row.error_group == f"shop|a-rule|shop.create|{kind}|{code}"
    assert (attempt.outcome, attempt.error) == (kind, row.reason)
    assert "a fault of ours" not in row.reason


def test_a_transient_error_is_tried_again_until_the_tries_are_spent(
    database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(database, clock, tries=3)
    delivery = stand.create()
    stand.vendor.blow(*[TransientError("busy")] * 3)

    states = [state for _ in range(3) for state in stand.later(timedelta(hours=1))]

    assert states == [State.PENDING, State.PENDING, State.DEAD]
    assert stand.delivery(delivery).reason == "busy; given up after 3 tries"
    assert stand.heard.down == ["dead:a-rule:shop"]


def test_retry_after_is_waited_for_and_not_longer(stand: Stand) -> None:
    stand.create()
    stand.vendor.blow(TransientError("slow down", retry_after=30.0))
    stand.step()

    assert stand.later(29) == []
    assert stand.later(2) == [State.SUCCEEDED]


def test_a_lost_answer_is_looked_for_before_it_is_repeated(stand: Stand) -> None:
    delivery = stand.create()
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))
    stand.step()

    early, late = stand.later(50), stand.later(11)

    row = stand.delivery(delivery)
    assert (early, late) == ([], [State.SUCCEEDED])
    assert stand.vendor.count(row.write_key) == 1
    assert row.result is not None
    assert row.result["ref"] == "shop:thing:1"
    assert [one.outcome for one in stand.attempts(delivery)] == ["ambiguous", "found"]


def test_two_finds_a_settle_time_apart_come_before_a_repeat(stand: Stand) -> None:
    delivery = stand.create()
    stand.vendor.blow(AmbiguousOutcome("cut"))
    stand.step()

    first = stand.later()
    too_soon = stand.later(58)
    second = stand.later(3)

    assert (first, too_soon, second) == ([State.PENDING], [], [State.SUCCEEDED])
    assert stand.vendor.finds == 2
    assert stand.vendor.texts("things") == ["a thing"]
    assert [one.outcome for one in stand.attempts(delivery)] == ["ambiguous", "not_found", "done"]


@pytest.mark.parametrize(
    "mist",
    [
        TransientError("search is down"),
        TransientError("slow down", retry_after=1.0),
        CredentialError("expired"),
        KeyError("a fault of ours"),
        AmbiguousOutcome("cut"),
    ],
    ids=["transient", "retry-after", "credentials", "bug", "ambiguous"],
)
def test_a_find_that_fails_is_no_reason_to_do_it_again(stand: Stand, mist: Exception) -> None:
    delivery = stand.create()
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))
    stand.step()
    stand.vendor.mists.append(mist)

    states = [state for _ in range(3) for state in stand.later(timedelta(hours=1))]

    assert states == [State.PENDING, State.SUCCEEDED]
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_a_fault_of_ours_is_a_lost_answer_if_anything_was_asked(
    stand: Stand, *, after: bool
) -> None:
    delivery = stand.create()
    stand.vendor.blow(Wind(error=KeyError("a fault of ours"), after=after))
    stand.step()

    looked_for = stand.delivery(delivery).find_first
    end = stand.later()

    assert looked_for is after
    assert end == [State.SUCCEEDED]
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


@pytest.mark.parametrize(
    ("ambiguous", "states", "sent"),
    [("skip", [State.ACCEPTED], 1), ("repeat", [State.PENDING, State.ACCEPTED], 2)],
)
def test_what_nobody_can_find_follows_the_rule_and_is_marked(
    stand: Stand, ambiguous: str, states: list[State], sent: int
) -> None:
    delivery = stand.post(ambiguous=ambiguous)
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))

    ends = [*stand.step(), *stand.later()]

    assert ends == states
    assert len(stand.vendor.written) == sent
    assert stand.delivery(delivery).uncertain


def test_what_is_safe_is_simply_repeated(stand: Stand) -> None:
    delivery = stand.update("new")
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))

    ends = [*stand.step(), *stand.later()]

    assert ends == [State.PENDING, State.SUCCEEDED]
    assert stand.vendor.finds == 0
    assert not stand.delivery(delivery).uncertain


def test_a_create_whose_worker_died_after_the_effect_is_not_made_twice(stand: Stand) -> None:
    delivery = stand.create()
    stand.vendor.blow(Wind(error=Killed(), after=True))
    (claimed,) = stand.claim()
    with pytest.raises(Killed):
        stand.dispatcher.dispatch(claimed)

    nobody = stand.step()
    stand.lapse()
    rescued, found = stand.step(), stand.later(timedelta(minutes=2))

    assert (nobody, rescued, found) == ([], [State.PENDING], [State.SUCCEEDED])
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


def test_a_rescue_waits_for_the_deadline_and_the_settle_time(stand: Stand) -> None:
    """The dead worker's call may still be under way for a whole deadline."""
    stand.create()
    stand.claim()
    stand.lapse()
    stand.step()

    assert stand.later(89) == []
    assert stand.later(2) == [State.PENDING]
    assert stand.vendor.finds == 1


def test_finds_before_a_repeat_that_died_say_nothing_about_it(stand: Stand) -> None:
    stand.vendor.lag = stand.dispatcher.term + timedelta(seconds=30)
    delivery = stand.create()
    stand.vendor.blow(AmbiguousOutcome("cut"), Wind(error=Killed(), after=True))
    stand.step()
    stand.later()
    stand.clock.advance(61)
    (repeat,) = stand.claim()
    with pytest.raises(Killed):
        stand.dispatcher.dispatch(repeat)

    stand.lapse()
    rescued, found = stand.step(), stand.later(timedelta(minutes=2))

    assert (rescued, found) == ([State.PENDING], [State.SUCCEEDED])
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


@pytest.mark.parametrize(
    ("ambiguous", "end", "sent"), [("skip", State.ACCEPTED, 1), ("repeat", State.ACCEPTED, 2)]
)
def test_a_card_whose_worker_died_is_marked_uncertain(
    stand: Stand, ambiguous: str, end: State, sent: int
) -> None:
    delivery = stand.post(ambiguous=ambiguous)
    stand.vendor.blow(Wind(error=Killed(), after=True))
    (claimed,) = stand.claim()
    with pytest.raises(Killed):
        stand.dispatcher.dispatch(claimed)

    stand.lapse()
    ends = stand.step()

    assert ends == [end]
    assert len(stand.vendor.written) == sent
    assert stand.delivery(delivery).uncertain


@pytest.mark.parametrize("make", [Stand.create, Stand.update], ids=["findable", "safe"])
def test_a_payload_that_kills_the_process_dies_in_the_end(
    stand: Stand, make: Callable[[Stand, str], str]
) -> None:
    """A rescue, a find and a short lease are no ends of a try: they do not clear the count."""
    delivery = make(stand, "deadly")
    stand.vendor.blow(*[Killed()] * 20)
    deaths = 0

    while stand.delivery(delivery).state != State.DEAD and deaths < 10:
        stand.clock.advance(timedelta(minutes=2))
        for claimed in stand.claim():
            try:
                stand.dispatcher.dispatch(claimed)
            except Killed:
                deaths += 1
                stand.lapse()

    row = stand.delivery(delivery)
    assert deaths == 5
    assert (row.error_code, row.reason) == (
        "kills_the_process",
        "the process ended 5 times while sending this",
    )


def test_a_late_worker_cannot_overwrite_what_its_rescuer_wrote(stand: Stand) -> None:
    delivery = stand.update("new")

    def overtake() -> None:
        stand.lapse()
        assert stand.step() == [State.SUCCEEDED]

    stand.vendor.blow(Wind(error=TransientError("late"), after=True, meanwhile=overtake))

    ends = stand.step()

    row = stand.delivery(delivery)
    assert ends == [None]
    assert (row.state, row.error_kind) == (State.SUCCEEDED, "")
    assert len(stand.attempts(delivery)) == 1
    assert stand.heard.ended == [(delivery, "succeeded")]


def test_no_call_starts_that_could_outlast_the_lease(stand: Stand) -> None:
    delivery = stand.update("new")
    (claimed,) = stand.claim()
    deadline = stand.world.connections["shop"].settings.deadline
    stand.clock.advance(stand.dispatcher.term.total_seconds() - deadline + 1)

    end = stand.dispatcher.dispatch(claimed)

    assert end == State.PENDING
    assert stand.vendor.written == []
    assert stand.attempts(delivery) == []
    assert (stand.delivery(delivery).tries, stand.delivery(delivery).claims) == (0, 0)
    assert stand.step() == [State.SUCCEEDED]


def test_a_rescue_with_too_short_a_lease_still_looks_first(stand: Stand) -> None:
    delivery = stand.create()
    stand.vendor.blow(Wind(error=Killed(), after=True))
    (claimed,) = stand.claim()
    with pytest.raises(Killed):
        stand.dispatcher.dispatch(claimed)
    stand.lapse()
    (rescuer,) = stand.claim()
    stand.clock.advance(stand.dispatcher.term)

    ends = [stand.dispatcher.dispatch(rescuer), *stand.later(timedelta(minutes=2))]

    assert ends == [State.PENDING, State.SUCCEEDED]
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


def test_a_find_that_took_the_lease_leaves_the_repeat_to_the_next_claim(stand: Stand) -> None:
    delivery = stand.create()
    stand.vendor.blow(AmbiguousOutcome("cut"))
    stand.step()
    stand.later()
    stand.clock.advance(61)
    (claimed,) = stand.claim()
    stand.vendor.slow_find = stand.dispatcher.term - timedelta(seconds=5)

    end = stand.dispatcher.dispatch(claimed)

    row = stand.delivery(delivery)
    assert end == State.PENDING
    assert stand.vendor.written == []
    assert (row.find_first, row.misses) == (True, 1)


def test_what_is_out_of_date_is_not_sent(stand: Stand) -> None:
    delivery = stand.update("new", expires_at=stand.clock.now() + timedelta(hours=2))

    ends = stand.later(timedelta(hours=2))

    row = stand.delivery(delivery)
    assert ends == [State.EXPIRED]
    assert stand.vendor.written == []
    assert row.reason == "not sent by 2026-11-23 11:00 UTC, as its step says"
    assert stand.heard.ended == [(delivery, "expired")]


def test_what_may_have_happened_is_looked_for_before_it_expires(stand: Stand) -> None:
    """Else its reserved link would be freed, and a second one made."""
    delivery = stand.create(expires_at=stand.clock.now() + timedelta(minutes=1))
    stand.vendor.blow(Wind(error=AmbiguousOutcome("cut"), after=True))
    stand.step()

    assert stand.later() == [State.SUCCEEDED]
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


def test_what_did_not_happen_expires_after_the_finds(stand: Stand) -> None:
    stand.create(expires_at=stand.clock.now() + timedelta(minutes=1))
    stand.vendor.blow(AmbiguousOutcome("cut"))
    stand.step()

    ends = [*stand.later(), *stand.later()]

    assert ends == [State.PENDING, State.EXPIRED]
    assert stand.vendor.written == []


@pytest.mark.parametrize(
    ("action", "args", "code"),
    [("shop.gone", {}, "no_action"), ("shop.update", {"thing": "7"}, "bad_action")],
)
def test_a_stored_action_that_cannot_be_read_any_more_is_dead(
    stand: Stand, action: str, args: dict[str, str], code: str
) -> None:
    delivery = stand.owe(action, args, ordering_key="shop|odd")

    ends = stand.step()

    assert ends == [State.DEAD]
    assert stand.delivery(delivery).error_code == code


def test_an_end_is_kept_although_what_follows_from_it_fails(stand: Stand) -> None:
    delivery = stand.create()
    stand.troubles.append(KeyError("a fault of ours"))

    ends = stand.step()
    told_at_first = list(stand.heard.ended)
    stand.clock.advance(5)
    done = Chores(world=stand.world).step()

    with stand.database.reading() as session:
        left = follow_up.any_left(session)
    assert ends == [State.SUCCEEDED]
    assert stand.delivery(delivery).state == State.SUCCEEDED
    assert len(stand.attempts(delivery)) == 1
    assert told_at_first == []
    assert done == 1
    assert not left


def test_a_database_that_is_away_when_an_end_is_recorded_leads_to_a_rescue(
    unsteady: Unsteady, clock: FakeClock
) -> None:
    stand = Stand.up(unsteady, clock)
    delivery = stand.create()
    away = OSError("no database")
    stand.vendor.blow(Wind(meanwhile=lambda: setattr(unsteady, "away", away)))
    (claimed,) = stand.claim()
    with pytest.raises(OSError, match="no database"):
        stand.dispatcher.dispatch(claimed)
    unsteady.away = None

    in_between = stand.delivery(delivery).state
    stand.lapse()
    ends = [*stand.step(), *stand.later(timedelta(minutes=2))]

    assert in_between == State.IN_FLIGHT
    assert ends == [State.PENDING, State.SUCCEEDED]
    assert stand.vendor.count(stand.delivery(delivery).write_key) == 1


def test_a_busy_connection_leaves_room_for_the_others(stand: Stand) -> None:
    for number in range(12):
        stand.update("x", thing=str(number))
    stand.clock.advance(1)
    other = stand.update("y", connection="club")

    first = stand.claim(10, shop=6)
    second = stand.claim(8, shop=8)

    assert [one.delivery.connection for one in first] == ["shop", "shop", "club"]
    assert first[2].delivery.id == other
    assert second == []
    assert stand.claim(0) == []


def test_a_connection_that_hangs_with_a_backlog_leaves_a_hand_for_each_other(
    stand: Stand,
) -> None:
    for number in range(12):
        stand.update("x", thing=str(number))

    backlog = stand.claim(8)
    stand.clock.advance(1)
    other = stand.update("y", connection="club")
    last = stand.claim(8 - len(backlog), shop=len(backlog))

    assert len(backlog) == 7
    assert [one.delivery.id for one in last] == [other]
