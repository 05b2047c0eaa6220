"""Replays: a plan first; what succeeded is not repeated, and nothing goes backwards."""

from datetime import timedelta

import pytest

from bridge.errors import AmbiguousOutcome, PermanentError
from bridge.outbox.search import Filter
from bridge.outbox.tables import State
from bridge.pipeline.replay import running
from bridge.pipeline.replay.wish import ReplayMode
from pipeline.town import RULES, Town, rule

REFUSED = PermanentError("no project T", code="400")
UPDATES = rule(
    when="feedback.updated",
    more="each: {linked: work_item}",
    do='[{tracker.update_issue: {summary: "${feedback.title}", priority: "${feedback.product}"}}]',
)


@pytest.fixture
def dead(town: Town) -> Town:
    """A case whose task was refused, and its card with it."""
    town.tracker.refusals.append(REFUSED)
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    return town


def test_a_plan_says_what_a_run_would_do_and_does_nothing(dead: Town) -> None:
    dead.case("2", Title="Crashes", Severity="Critical")
    dead.settle()

    plan = dead.plan(Filter())

    assert plan.counts == {
        "deliveries": 6,
        "more": False,
        "under_way": 0,
        "held": 0,
        "by_connection": {"tracker": 2, "chat": 2, "crm": 2},
        "by_rule": {"task": 4, "source:cases": 2},
        "by_action": {"tracker.create_issue": 2, "chat.post": 2, "crm.update_record": 2},
        "by_state": {"dead": 2, "succeeded": 3, "accepted": 1},
        "by_error": {
            "tracker|task|tracker.create_issue|permanent|400": 1,
            "chat|task|chat.post|permanent|create_is_dead": 1,
        },
        "will": {"send": 1, "wait": 1, "repeat": 4},
        "lanes": {"tracker": 2, "chat": 2, "crm": 2},
        "sends": {
            "tracker": {"deliveries": 2, "calls": 5},  # looked for once, and twice
            "chat": {"deliveries": 2, "calls": 2, "parts": {"channel:engineering": 2}},
            "crm": {"deliveries": 2, "calls": 2},
        },
        "follows": {"crm": {"deliveries": 2, "calls": 2}},  # of the dead create and its card
        "quotas": [],
        "least_seconds": 0.0,
        "per_minute": None,
        "newer_state": 0,
        "stale_cards": 0,
        "already_succeeded": 4,
        "looked_for": 2,
        "duplicates": 1,  # the card that was posted
        "edited": 0,
    }
    dead.settle()
    assert len(dead.deliveries()) == 4


def test_a_plan_takes_no_more_than_it_is_told(dead: Town) -> None:
    plan = dead.plan(Filter(), most=1)

    assert (plan.counts["deliveries"], plan.counts["more"]) == (1, True)
    assert plan.total == 1


@pytest.mark.parametrize("mode", list(ReplayMode))
def test_what_was_dead_goes_out_and_ends_its_alarm(dead: Town, mode: ReplayMode) -> None:
    dead.replay(Filter(state=(State.DEAD,)), mode=mode)

    assert dead.tracker.records == {"1": {"summary": "Reboots"}}
    assert dead.chat.asked == ["post T-1"]
    assert dead.crm.records["1"]["Key"] == "T-1"
    assert dead.said.down == {}


@pytest.mark.parametrize("mode", list(ReplayMode))
def test_a_replay_finds_what_was_written_before_its_answer_was_lost(
    town: Town, mode: ReplayMode
) -> None:
    """The create is given up as ambiguous, after it did happen."""
    town.tracker.lost += [AmbiguousOutcome("cut") for _ in range(3)]
    town.tracker.blind = 9
    town.case("1", Title="Reboots", Severity="Critical")
    for _ in range(12):
        town.wait(120)
    state = town.deliveries("task", step="task")[0].state
    asked = len(town.tracker.asked)
    town.tracker.blind = 0

    town.replay(Filter(state=(State.DEAD,)), mode=mode)

    assert state == "dead"
    assert len(town.tracker.asked) == asked
    assert town.deliveries("task", step="task")[-1].state == "succeeded"


def test_what_succeeded_is_not_decided_into_a_second_write(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()

    town.replay(Filter(rule="task"), mode=ReplayMode.REDECIDE)

    assert len(town.deliveries()) == 2
    assert len(town.tracker.records) == 1


def test_what_succeeded_is_sent_again_when_somebody_asks_for_just_that(town: Town) -> None:
    """Twice: the second replay is not taken for the first."""
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    card = Filter(ids=(town.deliveries("task", step="card")[0].id,))

    for _ in range(2):
        town.replay(card)

    assert town.chat.asked == ["post T-1"] * 3
    assert [row.state for row in town.deliveries("task", step="card")] == ["accepted"] * 3


@pytest.mark.parametrize("mode", list(ReplayMode))
def test_an_update_gives_way_to_newer_state(town: Town, mode: ReplayMode) -> None:
    old = town.dead_update(then="newest")

    town.replay(Filter(ids=(old.id,)), mode=mode)

    assert town.tracker.records["1"]["summary"] == "newest"
    assert town.deliveries("update")[-1 if mode is ReplayMode.REDECIDE else 0].state == "superseded"


@pytest.mark.parametrize("mode", list(ReplayMode))
def test_unless_it_is_forced(town: Town, mode: ReplayMode) -> None:
    old = town.dead_update(then="newest")

    town.replay(Filter(ids=(old.id,)), mode=mode, force=True)

    assert town.tracker.records["1"]["summary"] == "old"


def test_a_plan_counts_what_would_give_way(town: Town) -> None:
    old = town.dead_update(then="newest")

    assert town.plan(Filter(ids=(old.id,))).counts["newer_state"] == 1


def test_newer_state_of_other_fields_is_no_newer_state(town: Town) -> None:
    """The later update says nothing of the priority, so the earlier one is still wanted."""
    town.live_by(RULES.partition("  - id: update")[0] + UPDATES.partition("rules:\n")[2])
    old = town.dead_update(then="newest", product="High", rule="r")

    town.replay(Filter(ids=(old.id,)))

    assert town.tracker.records["1"]["priority"] == "High"


def test_a_replay_is_no_newer_state_than_the_event_it_is_of(town: Town) -> None:
    """An old update was forced through; the one that should stand is then sent again."""
    old = town.dead_update(then="newest")
    newest = town.deliveries("update")[-1]
    town.replay(Filter(ids=(old.id,)), force=True)

    town.replay(Filter(ids=(newest.id,)))

    assert town.tracker.records["1"]["summary"] == "newest"
    assert newest.state == "succeeded"


@pytest.mark.parametrize("mode", ReplayMode)
def test_what_is_about_a_deleted_record_is_dead_and_says_so(town: Town, mode: ReplayMode) -> None:
    old = town.dead_update(then="newest")
    town.clock.advance(1)
    town.tell("tracker", {"object": "issue", "id": "1", "act": "deleted"})
    town.settle()

    town.replay(Filter(ids=(old.id,)), mode=mode, force=True)

    (last,) = (row for row in town.deliveries("update") if row.replay_id)
    assert (last.state, last.error_code) == ("dead", "link_dead")
    assert last.reason == "the linked record T-1 was deleted"
    assert town.tracker.asked[-1] == "update 1 ['newest']"
    assert len(town.tracker.records) == 1


def test_what_waits_for_a_dead_create_is_not_left_waiting(dead: Town) -> None:
    (card,) = dead.deliveries("task", step="card")

    dead.replay(Filter(ids=(card.id,)))

    (card,) = dead.deliveries("task", step="card")
    assert (card.state, card.reason) == ("dead", "the create it waits for is dead: no project T")


def test_a_create_that_was_cancelled_has_freed_its_link(dead: Town) -> None:
    dead.cancel(Filter(state=(State.DEAD,)))
    again = dead.deliveries("task", step="task")[0]

    dead.replay(Filter(ids=(again.id,)))
    told = dead.deliveries("task", step="task")[0].reason
    dead.replay(Filter(ids=(again.id,)), mode=ReplayMode.REDECIDE)
    dead.wait(61)  # it is looked for twice, a settle time apart

    assert told == "the link it needs was freed; use redecide"
    assert dead.tracker.records == {"1": {"summary": "Reboots"}}


def test_a_new_write_key_makes_a_second_record(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    create = town.deliveries("task", step="task")[0]

    town.replay(Filter(ids=(create.id,)), new_write_key=True)

    assert len({row.write_key for row in town.deliveries("task", step="task")}) == 2
    assert len(town.tracker.records) == 2


def test_an_event_that_met_no_rule_can_be_decided_again(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Low")
    town.settle()
    (event,) = town.events()
    town.live_by(RULES.replace('"critical"', '"low"'))

    plan = town.replay(Filter(event=event.id), mode=ReplayMode.REDECIDE)

    assert plan.counts["events"] == 1
    assert town.tracker.records == {"1": {"summary": "Reboots"}}
    assert town.events()[0].matched == 1


def test_to_decide_again_goes_by_the_facts_of_then(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Low")
    town.settle()
    (event,) = town.events()
    town.case("1", Title="Reboots at night")
    town.settle()
    town.live_by(RULES.replace('"critical"', '"low"'))

    town.replay(Filter(event=event.id), mode=ReplayMode.REDECIDE)

    assert town.tracker.records == {"1": {"summary": "Reboots"}}


def test_after_a_renamed_step_what_succeeded_is_not_repeated(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    renamed = RULES.replace(
        "id: task\n        tracker", "id: work\n        was: task\n        tracker"
    )
    town.live_by(renamed.replace("${task.key}", "${work.key}"))

    town.replay(Filter(rule="task"), mode=ReplayMode.REDECIDE)

    assert len(town.tracker.records) == 1
    assert len(town.deliveries("task")) == 2


def test_a_plan_does_not_run_after_an_hour(dead: Town) -> None:
    plan = dead.plan(Filter())
    dead.clock.advance(timedelta(hours=1, seconds=1))

    assert (
        dead.act(
            lambda session: running.begin(
                session, plan.id, by="ann", why="a test", now=dead.clock.now()
            )
        )
        is None
    )


def test_a_plan_that_nobody_made_does_not_run(dead: Town) -> None:
    assert (
        dead.act(
            lambda session: running.begin(
                session, "rpl_x", by="ann", why="a test", now=dead.clock.now()
            )
        )
        is None
    )


def test_a_run_that_was_interrupted_goes_on_on_another_node(dead: Town) -> None:
    """One step of 50, then the node is gone; the day after another one takes it up."""
    for number in range(2, 60):
        dead.clock.advance(180)  # seldom enough that the same error again holds nothing
        dead.tracker.refusals.append(REFUSED)
        dead.case(str(number), Title=f"Case {number}", Severity="Critical")
        dead.settle()
    plan = dead.begin(Filter(state=(State.DEAD,), connection="tracker"))
    dead.replay_step()
    half = dead.replay_row(plan.id)

    dead.clock.advance(timedelta(days=1))
    dead.forget_compiled()
    dead.settle()

    assert (half.state, half.done) == ("running", 50)
    assert dead.replay_row(plan.id).state == "done"
    assert len(dead.tracker.records) == 59


def test_a_run_that_is_over_does_not_begin_again(dead: Town) -> None:
    plan = dead.replay(Filter())

    assert (
        dead.act(
            lambda session: running.begin(
                session, plan.id, by="ann", why="a test", now=dead.clock.now()
            )
        )
        is None
    )


def test_what_is_under_way_is_left_alone(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()

    plan = town.replay(Filter(rule="task"))

    assert (plan.counts["deliveries"], plan.counts["under_way"]) == (0, 2)
    assert [row.replay_id for row in town.deliveries()] == ["", ""]
    assert len(town.tracker.records) == 1


def test_a_create_that_succeeded_is_found_again_and_not_made_again(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    create = town.deliveries("task", step="task")[0]

    town.replay(Filter(ids=(create.id,)))

    assert [row.state for row in town.deliveries("task", step="task")] == ["succeeded"] * 2
    assert len(town.tracker.records) == 1
