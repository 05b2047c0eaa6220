"""What became of each write, in words: every state a delivery may be in."""

import pytest
from sqlalchemy import update

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Mode, Snapshot
from bridge.connectors.mark import Mark
from bridge.db import Database
from bridge.errors import AmbiguousOutcome, PermanentError, TransientError
from bridge.outbox.search import Filter
from bridge.outbox.tables import DeliveryRow, HoldRow, State
from bridge.outbox.wild import KIND
from bridge.pipeline.echo import hear
from clocks import FakeClock
from pipeline.town import RULES, Town, rule

WORDS = """
  - id: words
    description: A new title reaches the task.
    when: feedback.updated
    if: changed.title
    each: {linked: work_item}
    do: [{tracker.fill_issue: {fields: {Summary: "${feedback.title}"}}}]
    tests: [{name: t, given: {event: feedback.updated}, expect: []}]
  - id: place
    description: A new product reaches the task.
    when: feedback.updated
    if: changed.product
    each: {linked: work_item}
    do: [{tracker.fill_issue: {fields: {Product: "${feedback.product}"}}}]
    tests: [{name: t, given: {event: feedback.updated}, expect: []}]
"""
FILLS = RULES.partition("  - id: update")[0] + WORDS.lstrip("\n")


@pytest.fixture
def told(small_town: Town) -> Town:
    """A serious case that came in; nothing is sent yet."""
    small_town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    small_town.intake.drain()
    return small_town


def test_what_was_sent_says_when_how_often_and_what_it_made(told: Town) -> None:
    told.tracker.refusals.append(TransientError("busy"))
    told.settle()
    told.wait(60)

    task, card = told.why("00004711")[0].fates.values()

    assert task.state is State.SUCCEEDED
    assert task.tries == 2
    assert task.words == (
        "sent 2026-11-23 09:01:01 UTC after 2 tries: T-1 https://tracker.test/T-1",
    )
    assert (task.key, task.url) == ("T-1", "https://tracker.test/T-1")
    assert card.words == (
        (
            "taken by chat 2026-11-23 09:01:01 UTC at the first try; chat does not confirm that it is"
            " shown"
        ),
    )


def test_what_waits_for_another_try_says_why_and_when(told: Town) -> None:
    told.tracker.refusals.append(TransientError("busy"))
    told.settle()

    task, card = told.why("00004711")[0].fates.values()

    assert task.words[0] == "not sent yet after 1 try: busy"
    assert task.words[1].startswith("goes out at 2026-11-23 09:0")
    assert card.words[0].startswith("waits for what task makes: create issue of ")
    assert card.words[0].endswith("not sent yet after 1 try: busy")


def test_what_a_connection_keeps_back_says_so(told: Town) -> None:
    told.pause("tracker")
    told.settle()

    task, _ = told.why("00004711")[0].fates.values()

    assert task.words == (
        "waits: tracker is not called since 2026-11-23 09:00:01 UTC (paused): no reason given",
    )


def test_what_is_dead_says_the_cause_and_what_to_do(told: Town) -> None:
    told.tracker.refusals.append(PermanentError("no project T", code="400"))
    told.settle()

    task, card = told.why("00004711")[0].fates.values()

    assert task.state is State.DEAD
    assert task.words[0] == "failed for good 2026-11-23 09:00:01 UTC at the first try: no project T"
    assert task.words[1].startswith("what to do: the vendor refused the values")
    assert task.command == f"bridge replay {task.delivery}"
    assert card.words[1].startswith("what to do: replay the create first")


def test_what_is_held_says_why_and_who_decides(sqlite_database: Database, clock: FakeClock) -> None:
    town = Town(database=sqlite_database, clock=clock, modes={"tracker": Mode.OBSERVE})
    town.live_by()
    town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    town.settle()
    until = clock.now().replace(hour=18)
    terms = update(HoldRow).values(owner="anna", may_decide="admin", until=until, then="discard")
    town.act(lambda session: session.execute(terms))

    task, card = town.why("00004711")[0].fates.values()

    assert task.state is State.HELD
    assert task.words == (
        (
            "held since 2026-11-23 09:00:01 UTC and not sent: connection tracker is in mode observe:"
            " recorded, not sent"
        ),
        "anna looks after it; whoever has the role admin or above may let it go, or discard it:",
        f"bridge holds release {task.hold}",
        "if nobody does, it is discarded by itself at 2026-11-23 18:00:01 UTC",
    )
    assert card.words[0].endswith("connection tracker is in mode observe: recorded, not sent")


def test_what_a_rule_that_went_wild_asks_names_the_command_for_the_rule(
    sqlite_database: Database, clock: FakeClock
) -> None:
    town = Town(database=sqlite_database, clock=clock, modes={"tracker": Mode.OBSERVE})
    town.live_by()
    town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    town.settle()
    town.act(lambda session: session.execute(update(HoldRow).values(kind=KIND, rule="task")))

    task, _ = town.why("00004711")[0].fates.values()

    assert task.command == "bridge rules release task"
    assert task.words[-1] == task.command


def test_what_somebody_discarded_says_who_and_why(
    sqlite_database: Database, clock: FakeClock
) -> None:
    town = Town(database=sqlite_database, clock=clock, modes={"tracker": Mode.OBSERVE})
    town.live_by()
    town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    town.settle()
    town.discard()

    task, _ = town.why("00004711")[0].fates.values()

    assert task.words == ("never sent, discarded by ann: looked at (2026-11-23 09:00:01 UTC)",)


def test_what_somebody_cancelled_says_who_and_why(told: Town) -> None:
    told.cancel(Filter(rule="task"))

    task, _ = told.why("00004711")[0].fates.values()

    assert task.words == ("never sent, cancelled by ann: noise (2026-11-23 09:00:01 UTC)",)


@pytest.fixture
def filling(small_town: Town) -> Town:
    """A case with its task; further changes of it fill that in."""
    small_town.live_by(FILLS)
    small_town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    small_town.settle()
    return small_town


def test_what_a_newer_one_says_too_names_it_and_what_became_of_that(filling: Town) -> None:
    filling.case("1", Title="A")
    filling.intake.drain()
    filling.case("1", Title="B")
    filling.settle()

    last, first = (fate for one in filling.why("00004711")[:2] for fate in one.fates.values())

    assert first.state is State.SUPERSEDED
    assert first.by == last.delivery
    assert first.words == (
        f"given up for a newer one: {last.delivery} says all of it, and is newer",
        (
            f"that is fill issue of 2026-11-23 09:00:03 UTC ({last.delivery}): sent 2026-11-23 09:00:03"
            " UTC at the first try"
        ),
    )
    assert last.words[-1] == f"it also said what was asked by {first.delivery}"


def test_what_went_out_in_anothers_call_names_it_and_what_became_of_that(filling: Town) -> None:
    filling.case("1", Title="A")
    filling.intake.drain()
    filling.case("1", Product="Router")
    filling.settle()

    last, first = (fate for one in filling.why("00004711")[:2] for fate in one.fates.values())

    assert first.state is State.MERGED
    assert first.words == (
        f"not sent by itself: went out in the call of {last.delivery}",
        (
            f"that is fill issue of 2026-11-23 09:00:03 UTC ({last.delivery}): sent 2026-11-23 09:00:03"
            " UTC at the first try"
        ),
    )


def test_what_waits_behind_another_names_it(filling: Town) -> None:
    filling.tracker.refusals.append(TransientError("busy"))
    filling.case("1", Title="A")
    filling.settle()
    filling.case("1", Title="B")
    filling.intake.drain()

    last, first = (fate for one in filling.why("00004711")[:2] for fate in one.fates.values())

    assert last.by == first.delivery
    assert last.words == (
        (
            f"waits for its turn behind fill issue of 2026-11-23 09:00:02 UTC ({first.delivery}), which"
            " is pending"
        ),
    )


def test_what_is_there_already_says_so(filling: Town) -> None:
    make = "[{id: task, tracker.create_issue: {summary: s}}]"
    filling.live_by(rule(name="again", when="feedback.updated", do=make))
    filling.case("1", Title="More")
    filling.settle()

    (task,) = filling.why("00004711")[0].fates.values()

    assert task.state is State.UNCHANGED
    assert task.words == ("unchanged 2026-11-23 09:00:02 UTC: already linked to T-1",)


def test_what_its_own_echo_proved_says_so(told: Town) -> None:
    told.tracker.lost.append(AmbiguousOutcome("the answer was lost"))
    told.deliver()
    mark = Mark(write_keys=(told.deliveries("task")[0].write_key,), key="T-1", url="")
    shown = Snapshot(
        object="issue",
        ref=Ref("tracker", "issue", "1"),
        act=Act.SEEN,
        occurred_at=told.clock.now(),
        mark=mark,
    )
    assert hear(told.world, [shown]) == 1

    task, _ = told.why("00004711")[0].fates.values()

    assert task.words == (
        "sent 2026-11-23 09:00:01 UTC at the first try: T-1",
        "its answer was lost; its own echo shows that it happened",
    )


def test_what_may_have_arrived_twice_says_so(told: Town) -> None:
    told.settle()
    doubt = update(DeliveryRow).where(DeliveryRow.step == "card").values(uncertain=True)
    told.act(lambda session: session.execute(doubt))

    _, card = told.why("00004711")[0].fates.values()

    assert card.words[-1] == (
        "it is not certain whether it arrived, or arrived twice: nobody can ask there"
    )


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(told: Town, state: State) -> None:
    told.act(lambda session: session.execute(update(DeliveryRow).values(state=state)))

    assert all(fate.words for fate in told.why("00004711")[0].fates.values())
