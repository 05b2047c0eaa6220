"""What would change nothing is not sent; whatever may have changed the record meanwhile, it is."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bridge.canonical.event import Act
from bridge.db import Database
from bridge.errors import AmbiguousOutcome, PermanentError, TransientError
from bridge.outbox.no_op import OUTCOME
from bridge.outbox.restore import Gap
from bridge.outbox.tables import OrderingKeyRow, State
from clocks import START, FakeClock
from outbox.machine import TABLES
from outbox.stand import Stand
from outbox.vendor import Killed, Wind

MINUTE = timedelta(minutes=1)
WELL = {State.SUCCEEDED, State.MERGED, State.SUPERSEDED, State.UNCHANGED}


@pytest.fixture
def wrote(stand: Stand) -> str:
    """A write of `a` that went well a while ago; its delivery."""
    made = stand.fill("7", a="1")
    assert stand.step() == [State.SUCCEEDED]
    stand.clock.advance(2 * MINUTE)
    return made


def test_the_same_once_more_is_not_sent_and_says_why(stand: Stand, wrote: str) -> None:
    again = stand.fill("7", a="1")

    assert stand.step() == [State.UNCHANGED]

    row = stand.delivery(again)
    assert stand.vendor.fills("7") == [{"a": "1"}]
    assert stand.attempts(again) == []
    assert (row.state, row.tries, row.claims) == (State.UNCHANGED, 0, 0)
    assert row.finished_at == stand.clock.now()
    assert row.reason == (
        f"nothing was sent: {wrote} wrote the same at 09:00:00 UTC, and the record has not shown"
        " anything else since"
    )
    assert stand.heard.ended[-1] == (again, State.UNCHANGED)
    assert stand.heard.tried == ["done", OUTCOME]


def test_back_and_forth_is_three_writes(stand: Stand) -> None:
    for value in "121":
        stand.fill("7", a=value)
        stand.step()

    assert stand.vendor.fills("7") == [{"a": "1"}, {"a": "2"}, {"a": "1"}]


def test_a_quarter_of_an_hour_after_the_write_it_is_sent_again(stand: Stand, wrote: str) -> None:
    ends = []
    for wait in (MINUTE, 11 * MINUTE, 2 * MINUTE):
        stand.clock.advance(wait)
        stand.fill("7", a="1")
        ends += stand.step()

    assert ends == [State.UNCHANGED, State.UNCHANGED, State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


@pytest.mark.parametrize("fields", [{"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}], ids=str)
def test_what_would_change_one_field_is_sent_whole(
    stand: Stand, wrote: str, fields: dict[str, str]
) -> None:
    stand.owe("shop.fill", {"thing": "7", "fields": fields})

    assert stand.step() == [State.SUCCEEDED]
    assert stand.vendor.fills("7")[-1] == fields


def test_the_same_in_another_manner_is_sent(stand: Stand, wrote: str) -> None:
    stand.owe("shop.fill", {"thing": "7", "fields": {"a": "1"}, "silent": True})

    assert stand.step() == [State.SUCCEEDED]


def test_part_of_what_was_written_is_not_sent(stand: Stand) -> None:
    stand.fill("7", a="1", b="2")
    stand.step()
    stand.fill("7", b="2")

    assert stand.step() == [State.UNCHANGED]


def test_what_the_record_showed_well_before_the_write_is_no_news(stand: Stand) -> None:
    stand.show("7")
    stand.clock.advance(2 * MINUTE)
    for _ in range(2):
        stand.fill("7", a="1")
        ends = stand.step()

    assert ends == [State.UNCHANGED]


def test_what_it_showed_about_then_may_be_news(stand: Stand) -> None:
    """The clocks of nodes and vendors may be a minute apart."""
    stand.show("7")
    stand.clock.advance(MINUTE)
    for _ in range(2):
        stand.fill("7", a="1")
        ends = stand.step()

    assert ends == [State.SUCCEEDED]


@pytest.mark.parametrize(
    "shown",
    [
        {"act": Act.UPDATED},
        {"act": Act.DELETED},
        {"act": Act.SEEN},
        {"act": Act.SEEN, "stamp": None},
    ],
    ids=str,
)
def test_it_is_sent_if_the_record_was_shown_since(stand: Stand, shown: dict[str, object]) -> None:
    """Also where nothing changed that a source reads: what we wrote may be among the rest."""
    stand.show("7")
    stand.clock.advance(5 * MINUTE)
    stand.fill("7", a="1")
    stand.step()
    stand.clock.advance(5 * MINUTE)

    stand.show("7", **shown)
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_our_own_echo_is_no_news(stand: Stand) -> None:
    """Whoever touched the record last is told: it was our account, and this was our last write."""
    stand.show("7")
    ends = []
    for _ in range(3):
        stand.clock.advance(2 * MINUTE)
        stand.fill("7", a="1")
        ends += stand.step()
        stand.show("7", ours=True)

    assert ends == [State.SUCCEEDED, State.UNCHANGED, State.UNCHANGED]


def test_what_somebody_did_before_our_echo_was_overwritten(stand: Stand) -> None:
    """Our account was the last, so our last write came after whatever others did."""
    stand.fill("7", a="1")
    stand.step()
    stand.clock.advance(timedelta(seconds=1))
    stand.show("7")
    stand.clock.advance(timedelta(seconds=1))
    stand.show("7", ours=True)
    stand.fill("7", a="1")

    assert stand.step() == [State.UNCHANGED]


def test_what_somebody_did_after_our_echo_is_news(stand: Stand, wrote: str) -> None:
    stand.show("7", ours=True)
    stand.clock.advance(MINUTE)
    stand.show("7")
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_another_record_that_was_shown_says_nothing_of_this_one(stand: Stand, wrote: str) -> None:
    stand.show("8")
    stand.fill("7", a="1")

    assert stand.step() == [State.UNCHANGED]


@pytest.mark.parametrize(
    "wind",
    [
        Wind(error=AmbiguousOutcome("cut"), after=True),
        Wind(error=AmbiguousOutcome("cut")),
        Wind(error=TransientError("busy")),
        Wind(error=KeyError("ours"), after=True),
        Wind(error=PermanentError("no"), after=True),
        Wind(error=Killed(), after=True),
    ],
    ids=["lost", "lost before", "busy", "our fault", "refused", "killed"],
)
def test_it_is_sent_if_another_write_in_between_did_not_go_well(
    stand: Stand, wrote: str, wind: Wind
) -> None:
    """Whatever its answer says: it may have changed the record."""
    stand.vendor.blow(wind)
    stand.fill("7", a="2")
    try:
        stand.step()
    except Killed:
        stand.lapse()
    stand.cancel_all()
    stand.fill("7", a="1")

    for _ in range(3):
        stand.later(2 * MINUTE)

    assert stand.vendor.filled("7") == {"a": "1"}
    assert stand.all()[-1].state == State.SUCCEEDED


def test_it_is_sent_if_another_action_came_in_between(stand: Stand, wrote: str) -> None:
    stand.update("a word", thing="7")
    stand.step()
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_it_is_sent_if_somebody_had_the_key_who_says_nothing_of_shadows(
    stand: Stand, wrote: str
) -> None:
    """A node of an older version, or one whose lease was lost: all that is known of it is a fence."""
    with stand.database.transaction() as session:
        session.execute(update(OrderingKeyRow).values(fence=OrderingKeyRow.fence + 1))
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_it_is_sent_if_the_record_was_written_under_another_of_its_names(
    stand: Stand, wrote: str
) -> None:
    stand.fill("7", more={"ordering_key": "shop|upsert:K-12"}, a="2")
    stand.step()
    stand.clock.advance(2 * MINUTE)
    ends = []
    for _ in range(3):
        stand.fill("7", a="1")
        ends += stand.step()

    assert ends == [State.SUCCEEDED, State.UNCHANGED, State.UNCHANGED]
    assert [one["a"] for one in stand.vendor.fills("7")] == ["1", "2", "1"]


def test_which_of_two_writes_under_two_names_was_the_last_is_not_guessed(stand: Stand) -> None:
    """The other was under way at the same time, and was recorded first."""
    stand.fill("7", a="1")
    (mine,) = stand.claim()
    ended = stand.dispatcher.act([mine])
    stand.fill("7", more={"ordering_key": "shop|upsert:K-12"}, a="2")
    stand.step()
    stand.dispatcher.recorder.record(ended)
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert stand.vendor.filled("7") == {"a": "1"}


def test_a_write_whose_key_is_no_name_of_its_record_is_always_sent(stand: Stand) -> None:
    """Nobody who writes the record by its id would know of that key."""
    for _ in range(2):
        stand.fill("7", more={"ordering_key": "shop|upsert:K-12"}, a="1")
        stand.step()

    assert len(stand.vendor.fills("7")) == 2


def test_what_is_never_merged_is_sent(stand: Stand, wrote: str) -> None:
    """Somebody reacts to each write."""
    stand.fill("7", more={"alone": True}, a="1")

    assert stand.step() == [State.SUCCEEDED]


def test_a_replay_is_sent(stand: Stand, wrote: str) -> None:
    stand.fill("7", more={"replay_id": "rpl-1"}, a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_what_tries_a_place_that_was_down_is_sent(stand: Stand, wrote: str) -> None:
    stand.fill("7", a="1")
    (claimed,) = stand.claim()

    assert stand.dispatcher.dispatch(replace(claimed, probe="shop")) == State.SUCCEEDED
    assert len(stand.vendor.fills("7")) == 2


def test_while_a_restore_is_watched_everything_is_sent(stand: Stand, wrote: str) -> None:
    now = stand.clock.now()
    stand.dispatcher.watch.gap = Gap(since=now, until=now, watched_until=now + MINUTE)
    stand.fill("7", a="1")

    assert stand.step() == [State.SUCCEEDED]
    assert len(stand.vendor.fills("7")) == 2


def test_what_was_not_sent_does_not_say_that_its_rule_goes_well(stand: Stand, wrote: str) -> None:
    before = dict(stand.dispatcher.held.lived)
    stand.fill("7", a="1")

    assert stand.step() == [State.UNCHANGED]
    assert before
    assert stand.dispatcher.held.lived == before


def test_a_queue_that_ends_as_it_began_is_not_sent_and_each_is_told_apart(
    stand: Stand, wrote: str
) -> None:
    back, forth, on = (stand.fill("7", a=value) for value in "231")

    assert stand.step() == [State.UNCHANGED]

    rows = [stand.delivery(one) for one in (back, forth, on)]
    assert [row.state for row in rows] == [State.SUPERSEDED, State.SUPERSEDED, State.UNCHANGED]
    assert rows[0].reason == f"{forth} says all of it, and is newer"
    assert len(stand.vendor.fills("7")) == 1


def test_each_of_a_queue_that_says_what_is_there_is_unchanged(stand: Stand) -> None:
    stand.fill("7", a="1", b="2")
    stand.step()
    first, second = stand.fill("7", a="1"), stand.fill("7", b="2")

    assert stand.step() == [State.UNCHANGED]

    rows = [stand.delivery(one) for one in (first, second)]
    assert [row.state for row in rows] == [State.UNCHANGED] * 2
    assert rows[0].reason == (
        f"nothing was sent, as for {second}: the record shows these values already"
    )
    assert stand.heard.joined == [("shop", State.UNCHANGED)]


def test_who_was_cancelled_meanwhile_is_not_said_to_have_gone_out(stand: Stand) -> None:
    stand.fill("7", a="1", b="2")
    stand.step()
    stand.fill("7", a="1")
    gone = stand.fill("7", b="2")
    claimed = stand.claim()
    ended = stand.dispatcher.act(claimed)
    stand.cancel_all()

    assert stand.dispatcher.recorder.record(ended) == [State.UNCHANGED]
    assert stand.delivery(gone).state == State.CANCELLED
    assert "gone out" not in stand.delivery(gone).reason


def test_a_bulk_call_is_of_those_alone_that_change_something(stand: Stand) -> None:
    for value in "12":
        for thing in "123":
            stand.fill(thing, a=value if thing == "2" else "1")
        stand.bulk_step()

    assert stand.vendor.bulks == [["1", "2", "3"]]
    assert [len(stand.vendor.fills(thing)) for thing in "123"] == [1, 2, 1]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "ab"]),
        st.sampled_from("12"),
        st.sampled_from(
            [
                Wind(),
                Wind(),
                Wind(error=AmbiguousOutcome("cut"), after=True),
                Wind(error=TransientError("busy")),
                Wind(error=Killed(), after=True),
            ]
        ),
        st.sampled_from([0, 0, 1, 10]),  # minutes until it goes; 0: with the next
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_a_record_ends_as_if_each_write_had_been_sent(
    database: Database, steps: list[tuple[str, str, Wind, int]]
) -> None:
    with database.transaction() as session:
        for table in TABLES:
            session.execute(delete(table))
    stand = Stand.up(database, FakeClock(START), tries=20)
    wanted: dict[str, str] = {}
    for names, value, wind, minutes in steps:
        wanted |= dict.fromkeys(names, value)
        stand.owe("shop.fill", {"thing": "7", "fields": dict.fromkeys(names, value)})
        stand.vendor.winds.clear()
        stand.vendor.blow(wind)
        with suppress(Killed):
            _ = stand.later(minutes * MINUTE) if minutes else []
    stand.vendor.winds.clear()
    for _ in range(len(steps) * 8):
        stand.lapse()
        stand.later(5 * MINUTE)

    assert {row.state for row in stand.all()} <= WELL
    assert stand.vendor.filled("7") == wanted
