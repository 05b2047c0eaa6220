"""What is queued for one record goes out in one call, and each of it comes to its own end."""

from datetime import timedelta

import pytest

from bridge.db import Database
from bridge.errors import AmbiguousOutcome, CredentialError, TransientError
from bridge.outbox import store
from bridge.outbox.tables import State
from bridge.pipeline.acts.cancel import cancel
from clocks import FakeClock
from outbox.stand import Stand
from outbox.vendor import Killed, Wind

ALL = timedelta(minutes=30)


def test_one_call_for_all_that_is_queued(stand: Stand) -> None:
    first, second, third = stand.fill("7", a="1"), stand.fill("7", b="2"), stand.fill("7", a="3")

    states = stand.step()

    assert states == [State.SUCCEEDED]
    assert stand.vendor.fills("7") == [{"a": "3", "b": "2"}]
    rows = [stand.delivery(one) for one in (first, second, third)]
    assert [row.state for row in rows] == [State.SUPERSEDED, State.MERGED, State.SUCCEEDED]
    assert [row.superseded_by for row in rows] == [third, third, None]
    assert [row.reason for row in rows] == [
        f"{third} says all of it, and is newer",
        f"went out in the call of {third}",
        "",
    ]
    assert {row.finished_at for row in rows} == {stand.clock.now()}
    assert rows[2].result is not None
    assert rows[2].result["wrote"] == {"a": "3", "b": "2"}
    assert stand.step() == []


def test_the_call_is_one_attempt_of_the_one_that_stands_for_it(stand: Stand) -> None:
    first, second = stand.fill("7", a="1"), stand.fill("7", b="2")

    stand.step()

    assert stand.attempts(first) == []
    (attempt,) = stand.attempts(second)
    assert (attempt.number, attempt.outcome) == (1, "done")
    assert stand.heard.ended == [(second, State.SUCCEEDED)]
    assert stand.heard.joined == [("shop", State.MERGED)]


def test_nothing_merges_across_what_is_in_between(stand: Stand) -> None:
    stand.fill("7", a="1")
    stand.update("a word", thing="7")
    stand.fill("7", a="2")

    while stand.step():
        pass

    assert [one.text for one in stand.vendor.written] == ['{"a":"1"}', "a word", '{"a":"2"}']


def test_a_queue_that_is_longer_than_a_call_takes_several(stand: Stand) -> None:
    with stand.database.transaction() as session:
        rows = [
            stand.row("shop.fill", {"thing": "7", "fields": {"a": f"{number:03}"}})
            for number in range(120)
        ]
        store.owe(session, rows)

    while stand.step():
        pass

    assert [one["a"] for one in stand.vendor.fills("7")] == ["049", "099", "119"]
    assert {row.state for row in stand.all()} == {State.SUCCEEDED, State.SUPERSEDED}


def test_bulk_calls_carry_merged_ones(stand: Stand) -> None:
    for thing in "1234":
        for number in "123":
            stand.fill(thing, a=number)

    states = stand.bulk_step()

    assert states == [State.SUCCEEDED] * 4
    assert stand.vendor.bulks == [["1", "2", "3"]]
    assert [stand.vendor.filled(thing) for thing in "1234"] == [{"a": "3"}] * 4
    assert all(row.state in {State.SUCCEEDED, State.SUPERSEDED} for row in stand.all())


@pytest.mark.parametrize("bulk", [False, True], ids=["alone", "in bulk"])
def test_what_is_refused_is_split_and_only_the_guilty_one_is_dead(
    stand: Stand, *, bulk: bool
) -> None:
    good, bad, last = stand.fill("7", a="1"), stand.fill("7", b="bad"), stand.fill("7", c="3")
    stand.fill("8", a="1")
    step = stand.bulk_step if bulk else stand.step

    first = step()
    after_split = [stand.delivery(one) for one in (good, bad, last)]
    rest = [state for _ in range(3) for state in step()]

    assert sorted(map(str, first)) == [State.PENDING, State.SUCCEEDED]
    assert [(row.state, row.alone, row.tries) for row in after_split] == [("pending", True, 0)] * 3
    assert rest == [State.SUCCEEDED, State.DEAD, State.SUCCEEDED]
    assert [stand.delivery(one).state for one in (good, bad, last)] == rest
    assert stand.vendor.fills("7") == [{"a": "1"}, {"c": "3"}]
    assert stand.delivery(bad).reason == "not that"
    outcome = "refused_in_bulk" if bulk else "refused_merged"
    assert [one.outcome for one in stand.attempts(good)] == [outcome, "done"]


def test_what_wears_out_every_try_together_is_tried_alone_before_it_is_dead(
    database: Database, clock: FakeClock
) -> None:
    stand = Stand.up(database, clock, tries=2)
    first, second = stand.fill("7", a="1"), stand.fill("7", b="2")
    stand.vendor.blow(*[TransientError("busy")] * 2)

    states = [state for _ in range(4) for state in stand.later(timedelta(hours=1))]

    assert states == [State.PENDING, State.PENDING, State.SUCCEEDED, State.SUCCEEDED]
    assert [stand.delivery(one).state for one in (first, second)] == [State.SUCCEEDED] * 2


@pytest.mark.parametrize(
    "error",
    [
        TransientError("busy"),
        TransientError("slow down", retry_after=5.0),
        AmbiguousOutcome("cut"),
        CredentialError("expired"),
        KeyError("ours"),
    ],
    ids=["transient", "retry-after", "ambiguous", "credentials", "bug"],
)
def test_what_befalls_the_call_leaves_the_others_as_they_were(
    stand: Stand, error: Exception
) -> None:
    first, second = stand.fill("7", a="1"), stand.fill("7", a="2")
    stand.vendor.blow(Wind(error=error, after=isinstance(error, AmbiguousOutcome)))

    stand.step()
    waiting = stand.delivery(second)
    stand.later(ALL)
    stand.later(ALL)

    assert (waiting.state, waiting.tries, waiting.claims) == (State.PENDING, 0, 0)
    assert waiting.finished_at is None
    assert [stand.delivery(one).state for one in (first, second)] == [
        State.SUPERSEDED,
        State.SUCCEEDED,
    ]
    assert [one["a"] for one in stand.vendor.fills("7")][-1:] == ["2"]
    assert {one["a"] for one in stand.vendor.fills("7")} == {"2"}


def test_a_crash_loses_nothing_and_the_rescue_does_not_go_backwards(stand: Stand) -> None:
    first, second = stand.fill("7", a="1"), stand.fill("7", a="2")
    stand.vendor.blow(Wind(error=Killed(), after=True))
    with pytest.raises(Killed):
        stand.step()
    died = [stand.delivery(one).state for one in (first, second)]
    stand.lapse()

    states = stand.step()

    assert died == [State.IN_FLIGHT, State.PENDING]
    assert states == [State.SUCCEEDED]
    assert stand.vendor.fills("7") == [{"a": "2"}] * 2
    assert stand.delivery(first).state == State.SUPERSEDED


def test_what_kills_the_process_is_told_from_what_went_along(stand: Stand) -> None:
    first, killer = stand.fill("7", a="1"), stand.fill("7", b="2")
    for _ in range(5):
        stand.vendor.blow(Wind(error=Killed()))
        with pytest.raises(Killed):
            stand.step()
        stand.lapse()

    split = stand.step()
    alone = stand.step()
    for _ in range(5):
        stand.vendor.blow(Wind(error=Killed()))
        with pytest.raises(Killed):
            stand.step()
        stand.lapse()
    end = stand.step()

    assert (split, alone, end) == ([State.PENDING], [State.SUCCEEDED], [State.DEAD])
    assert stand.delivery(first).state == State.SUCCEEDED
    assert stand.delivery(killer).error_code == "kills_the_process"


def test_who_lost_the_lease_ends_nobody(stand: Stand) -> None:
    ids = [stand.fill("7", a="1"), stand.fill("7", b="2")]
    (slow,) = stand.claim()
    stand.lapse()
    late = stand.dispatcher.act([slow])
    (rescuer,) = stand.claim()

    lost = stand.dispatcher.recorder.record(late)
    meanwhile = [stand.delivery(one).state for one in ids]
    kept = stand.dispatcher.dispatch(rescuer)

    assert (lost, kept) == ([None], State.SUCCEEDED)
    assert meanwhile == [State.IN_FLIGHT, State.PENDING]
    assert [stand.delivery(one).state for one in ids] == [State.MERGED, State.SUCCEEDED]


def test_what_a_person_cancels_meanwhile_stays_cancelled_and_says_that_it_went_out(
    stand: Stand,
) -> None:
    first, second = stand.fill("7", a="1"), stand.fill("7", b="2")
    (claimed,) = stand.claim()
    with stand.database.transaction() as session:
        now = stand.clock.now()
        cancel(session, stand.world, [stand.delivery(second)], by="anna", why="", now=now)

    stand.dispatcher.dispatch(claimed)

    assert stand.delivery(first).state == State.SUCCEEDED
    assert stand.delivery(second).state == State.CANCELLED
    assert stand.delivery(second).reason == (
        f"cancelled by anna; but it had gone out in the call of {first}"
    )
    assert stand.step() == []


def test_what_comes_meanwhile_goes_after_it(stand: Stand) -> None:
    stand.fill("7", a="1")
    stand.fill("7", a="2")
    (claimed,) = stand.claim()
    stand.fill("7", a="3")

    states = [stand.dispatcher.dispatch(claimed), *stand.step()]

    assert states == [State.SUCCEEDED] * 2
    assert stand.vendor.fills("7") == [{"a": "2"}, {"a": "3"}]


def test_the_head_that_expired_takes_nobody_with_it(stand: Stand) -> None:
    first = stand.fill("7", more={"expires_at": stand.clock.now()}, a="1")
    second = stand.fill("7", b="2")

    states = [*stand.step(), *stand.step()]

    assert states == [State.EXPIRED, State.SUCCEEDED]
    assert [stand.delivery(one).state for one in (first, second)] == states
    assert stand.vendor.fills("7") == [{"b": "2"}]


def test_one_that_cannot_be_built_dies_alone(stand: Stand) -> None:
    good = stand.fill("7", a="1")
    with stand.database.transaction() as session:
        broken = stand.row("shop.fill", {"thing": "7", "fields": {"b": "2"}})
        broken.args = {"thing": "7", "unheard": "of"}
        store.owe(session, [broken])

    states = [*stand.step(), *stand.step()]

    assert states == [State.SUCCEEDED, State.DEAD]
    assert stand.delivery(good).state == State.SUCCEEDED
    assert stand.delivery(broken.id).error_code == "bad_action"


def test_a_replay_of_one_that_was_merged_sends_it_again(stand: Stand) -> None:
    merged = stand.fill("7", b="2")
    stand.fill("7", a="1")
    stand.step()

    stand.replay(merged)
    states = stand.step()

    assert states == [State.SUCCEEDED]
    assert stand.vendor.fills("7") == [{"b": "2", "a": "1"}, {"b": "2"}]
    assert stand.delivery(merged).state == State.MERGED


def test_what_comes_back_behind_a_merged_one_gives_way(stand: Stand) -> None:
    """`b` of the older one was written by the merged one, and by nobody else."""
    older = stand.fill("7", more={"state": State.CANCELLED}, b="1")
    stand.fill("7", b="2")
    stand.fill("7", a="1")
    stand.step()

    stand.replay(older)
    stand.step()

    assert stand.delivery(older).state == State.SUPERSEDED
    assert stand.vendor.filled("7") == {"a": "1", "b": "2"}


def test_what_comes_back_sets_only_what_nobody_has_written_since(stand: Stand) -> None:
    older = stand.fill("7", more={"state": State.CANCELLED}, a="1", b="1", c="1")
    first = stand.fill("7", b="2")
    stand.step()
    second = stand.fill("7", c="2", d="2")
    stand.step()

    stand.replay(older)
    states = stand.step()

    again = stand.delivery(older)
    assert (states, again.state) == ([State.SUCCEEDED], State.SUCCEEDED)
    assert stand.vendor.fills("7")[-1] == {"a": "1"}
    assert stand.vendor.filled("7") == {"a": "1", "b": "2", "c": "2", "d": "2"}
    assert again.reason == (
        f"without b, which {first} has written since; without c, which {second} has written since"
    )
    assert (again.result or {})["wrote"] == {"a": "1"}


def test_what_several_newer_ones_say_together_does_not_come_back(stand: Stand) -> None:
    older = stand.fill("7", more={"state": State.CANCELLED}, a="1", b="1")
    stand.fill("7", a="2")
    stand.step()
    newest = stand.fill("7", b="2")
    stand.step()

    stand.replay(older)
    stand.step()

    again = stand.delivery(older)
    assert (again.state, again.superseded_by) == (State.SUPERSEDED, newest)
    assert stand.vendor.filled("7") == {"a": "2", "b": "2"}


def test_whoever_forces_a_replay_gets_all_of_it(stand: Stand) -> None:
    older = stand.fill("7", more={"state": State.CANCELLED}, a="1", b="1")
    stand.fill("7", b="2")
    stand.step()

    stand.replay(older, force=True)
    stand.step()

    assert stand.vendor.filled("7") == {"a": "1", "b": "1"}


def test_an_end_that_cannot_be_followed_up_is_an_end_for_all(stand: Stand) -> None:
    ids = [stand.fill("7", a="1"), stand.fill("7", b="2")]
    stand.troubles.append(KeyError("ours"))

    stand.step()

    assert [stand.delivery(one).state for one in ids] == [State.MERGED, State.SUCCEEDED]


def test_a_group_that_cannot_be_recorded_is_recorded_one_by_one(stand: Stand) -> None:
    for thing in "12":
        stand.fill(thing, a="1")
        stand.fill(thing, b="2")
    stand.troubles.append(KeyError("ours"))

    states = stand.bulk_step()

    assert states == [State.SUCCEEDED] * 2
    assert [row.state for row in stand.all()] == [State.MERGED, State.SUCCEEDED] * 2


def test_claims_and_ends_take_no_more_statements_the_more_go_along(stand: Stand) -> None:
    counts = []
    for queued in (2, 3, 9):  # the first also reads what is then known for a second
        for thing in "12":
            for number in range(queued):
                stand.fill(thing, a=str(number))
        with stand.counting() as statements:
            stand.bulk_step()
        counts.append(len(statements))

    assert counts[1] == counts[2]
    assert stand.vendor.bulks == [["1", "2"]] * 3
