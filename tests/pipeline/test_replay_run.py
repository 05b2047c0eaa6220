"""A run: paced, behind live work, paused and cancelled; and what it says when the world has moved."""

from datetime import timedelta

import pytest

from bridge.errors import PermanentError
from bridge.outbox.search import Filter
from bridge.outbox.tables import State
from bridge.pipeline.replay import lanes, running
from bridge.pipeline.replay.wish import Newer, Pace, ReplayMode
from pipeline.town import RULES, Town

NOTES = """
  - id: note
    description: What is said of a router is told, whatever it is.
    when: [feedback.created, feedback.updated]
    if: has(feedback.product)
    do: [{chat.post: {channel: notes, title: "note ${feedback.title}"}}]
    tests: [{name: t, given: {event: feedback.created}, expect: []}]
"""
DEAD = Filter(state=(State.DEAD,))
TASKS = Filter(state=(State.DEAD,), connection="tracker")


@pytest.fixture
def ruined(town: Town) -> Town:
    """Twelve cases whose tasks were refused."""
    for number in range(1, 13):
        town.clock.advance(180)  # seldom enough that the same error again holds nothing
        town.tracker.refusals.append(PermanentError("no project", code="400"))
        town.case(str(number), Title=f"Case {number}", Severity="Critical")
        town.settle()
    return town


def test_a_paced_run_owes_so_many_a_minute(ruined: Town) -> None:
    run = ruined.begin(TASKS, pace=Pace(per_minute=12))
    done = []
    for _ in range(3):
        ruined.settle()
        done.append(ruined.replay_row(run.id).done)
        ruined.clock.advance(5)

    assert done == [1, 2, 3]


def test_a_share_is_told_as_so_many_a_minute(ruined: Town) -> None:
    """The tracker takes 60 a minute; each create is two calls, since it is looked for first."""
    ruined.limit("tracker", most=60, seconds=60)

    plan = ruined.plan(TASKS, pace=Pace(share=0.5))

    assert plan.counts["per_minute"] == 15


def test_a_run_goes_behind_what_is_to_go_already(ruined: Town) -> None:
    ruined.pause("tracker")
    ruined.crowd("tracker", lanes.ROOM)
    run = ruined.begin(TASKS)

    ruined.settle()
    waits = ruined.replay_row(run.id)
    ruined.resume("tracker")
    ruined.settle()
    ruined.wait(2)

    assert (waits.done, waits.waits) == (0, "200 or more are to go to tracker first")
    assert ruined.replay_row(run.id).state == "done"


def test_a_connection_that_takes_no_more_holds_none_of_the_others(ruined: Town) -> None:
    """But what waits for a record that is to be made there."""
    ruined.case("13", Title="Fine", Severity="Critical")
    ruined.settle()
    create, waits = ruined.deliveries("task")[:2]
    (card,) = (row for row in ruined.deliveries("task") if row.state == State.ACCEPTED)
    ruined.pause("tracker")
    ruined.crowd("tracker", lanes.ROOM)
    run = ruined.begin(Filter(ids=(create.id, waits.id, card.id)))

    ruined.settle()
    half = ruined.replay_row(run.id)
    did = {item.what: item.did for item in ruined.replayed(run.id)}
    ruined.resume("tracker")
    ruined.settle()
    ruined.wait(2)

    assert did == {create.id: "", waits.id: "", card.id: "repeat"}
    assert (half.state, half.done) == ("running", 1)
    assert half.waits == "200 or more are to go to tracker first"
    over = ruined.replay_row(run.id)
    assert (over.state, over.done, over.moved, over.waits) == ("done", 3, {}, "")
    assert [item.did for item in ruined.replayed(run.id)] == ["send", "wait", "repeat"]
    assert ruined.chat.asked == ["post T-1", "post T-1", "post T-2"]


def test_events_are_decided_again_that_owe_nothing_where_no_more_is_taken(ruined: Town) -> None:
    """But those of a record of which an earlier one waits."""
    ruined.live_by(RULES + NOTES)
    for number, severity in (("1", "Low"), ("13", "Low")):
        ruined.clock.advance(180)
        ruined.chat.refusals.append(PermanentError("no channel", code="404"))
        ruined.case(number, Title=f"Case {number}", Severity=severity, Product="Router")
        ruined.settle()
    ruined.pause("tracker")
    ruined.crowd("tracker", lanes.ROOM)
    run = ruined.begin(DEAD, mode=ReplayMode.REDECIDE)

    ruined.settle()
    half = ruined.replay_row(run.id)
    cards = [one for one in ruined.chat.asked if "note" in one]
    ruined.resume("tracker")
    ruined.settle()
    ruined.wait(2)

    assert (half.done, len(cards)) == (1, 1)
    over = ruined.replay_row(run.id)
    assert (over.state, over.done, over.moved) == ("done", 14, {})
    assert len([one for one in ruined.chat.asked if "note" in one]) == 2


def test_a_paused_run_owes_nothing_more_until_it_is_resumed(ruined: Town) -> None:
    run = ruined.begin(TASKS, pace=Pace(per_minute=12))
    ruined.settle()
    ruined.act(lambda session: running.pause(session, run.id, now=ruined.clock.now()))
    ruined.wait(60)
    rests = ruined.replay_row(run.id)
    ruined.act(lambda session: running.resume(session, run.id, now=ruined.clock.now()))
    for _ in range(12):
        ruined.wait(5)

    assert (rests.state, rests.done) == ("paused", 1)
    assert ruined.replay_row(run.id).state == "done"
    assert len(ruined.tracker.records) == 12


def test_a_cancelled_run_owes_nothing_more(ruined: Town) -> None:
    run = ruined.begin(TASKS, pace=Pace(per_minute=12))
    ruined.settle()
    ruined.act(lambda session: running.cancel(session, run.id, now=ruined.clock.now()))
    ruined.wait(600)

    assert len(ruined.tracker.records) == 1
    assert ruined.act(lambda session: running.resume(session, run.id, now=run.not_before)) is None


def test_a_run_says_how_long_it_will_take(ruined: Town) -> None:
    run = ruined.begin(TASKS, pace=Pace(per_minute=12))
    before = running.eta(run, now=ruined.clock.now())
    for _ in range(6):
        ruined.settle()
        ruined.clock.advance(5)
    half = running.eta(ruined.replay_row(run.id), now=ruined.clock.now())

    assert (before, half) == (60, 30)


def test_a_plan_counts_the_write_backs_that_follow(ruined: Town) -> None:
    plan = ruined.plan(TASKS)

    ruined.run(plan)

    assert plan.counts["follows"] == {"crm": {"deliveries": 12, "calls": 12}}
    assert ruined.followed(plan.id) == {"crm": 12}


def test_a_record_no_longer_says_what_gave_way_is_wrong(town: Town) -> None:
    old = town.dead_update(then="newest")
    before = town.crm.records["1"]["Problem"]

    run = town.replay(Filter(ids=(old.id,)))

    assert run.counts["will"] == {"give_way": 1}
    assert "failed" in before
    assert town.crm.records["1"]["Problem"] is None
    assert run.counts["follows"]["crm"]["deliveries"] == town.followed(run.id)["crm"] == 1


def test_what_was_owed_by_then_is_left_alone_and_said(ruined: Town) -> None:
    """Between plan and run somebody else replays one of them, and one is cancelled."""
    plan = ruined.plan(TASKS)
    first, second, *_ = ruined.deliveries(step="task")
    ruined.replay(Filter(ids=(first.id,)))
    ruined.cancel(Filter(ids=(second.id,)))

    ruined.run(plan)

    assert ruined.replay_row(plan.id).moved == {"send: well": 1, "send: dead": 1}
    told = [item.note for item in ruined.replayed(plan.id) if item.moved]
    assert told == [
        "it is succeeded since the plan",
        "the link it needs was freed; use redecide",
    ]


def test_a_plan_of_many_is_made_in_steps(ruined: Town) -> None:
    for number in range(13, 120):
        ruined.case(str(number), Title=f"Case {number}", Severity="Critical")
    ruined.settle()

    plan = ruined.plan(Filter(rule="task"))
    ruined.settle()
    made = ruined.replay_row(plan.id)

    assert (plan.state, plan.total) == ("planning", 100)
    assert (made.state, made.total) == ("planned", 238)
    assert made.counts["will"] == {"send": 12, "wait": 12, "repeat": 214}


def test_the_newer_one_goes_in_the_place_of_the_old(town: Town) -> None:
    old = town.dead_update(then="newest")
    town.tracker.records["1"]["summary"] = "spoilt by hand"

    run = town.replay(Filter(ids=(old.id,)), newer=Newer.SEND)

    assert run.counts["will"] == {"newer": 1}
    assert town.tracker.records["1"]["summary"] == "newest"
    assert [row.state for row in town.deliveries("update")] == [
        "superseded",
        "succeeded",
        "succeeded",
    ]


def test_the_newer_one_goes_once_however_many_it_stands_for(town: Town) -> None:
    """Two old ones and the newest itself are asked for."""
    town.dead_update(then="newer")
    town.case("1", Title="newest", Product=None)
    town.settle()
    town.tracker.asked.clear()

    run = town.replay(Filter(rule="update"), newer=Newer.SEND)

    assert run.counts["will"] == {"newer": 1, "give_way": 1, "already": 1}
    assert run.moved == {}
    assert town.tracker.asked == ["update 1 ['newest']"]


def test_the_rules_of_then_decide_if_they_are_asked(town: Town) -> None:
    """Today's rules would make no task of it any more."""
    town.tracker.refusals.append(PermanentError("no project", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    town.live_by(RULES.replace('"critical"', '"low"'))

    today = town.replay(DEAD, mode=ReplayMode.REDECIDE)
    then = town.replay(DEAD, mode=ReplayMode.THEN)

    assert today.counts["will"] == {"nothing": 1}
    assert then.counts["will"] == {"decide": 1}
    assert town.tracker.records == {"1": {"summary": "Reboots"}}


def test_rules_of_then_that_cannot_be_loaded_are_said(town: Town) -> None:
    town.tracker.refusals.append(PermanentError("no project", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    then = town.events()[0].rule_version
    town.spoil_rules()
    town.live_by(RULES.replace('"critical"', '"low"'))
    town.forget_compiled()

    run = town.replay(DEAD, mode=ReplayMode.THEN)

    assert then is not None
    assert run.counts["will"] == {"no_rules": 1}
    assert [item.note for item in town.replayed(run.id)] == [
        f"the rules that decided it, {then[:12]}, cannot be loaded any more"
    ]


def test_a_fault_of_ours_in_one_keeps_none_of_the_others(ruined: Town) -> None:
    """The third is stored in a form that nobody can read: the rest goes."""
    third = ruined.deliveries(step="task")[2]
    plan = ruined.plan(TASKS)
    ruined.spoil(third.id)

    ruined.run(plan)
    ruined.settle()

    assert ruined.replay_row(plan.id).moved == {"send: broken": 1}
    assert len(ruined.tracker.records) == 11


@pytest.mark.parametrize("filtered", ["customer", "origin", "message", "error", "action"])
def test_a_filter_takes_what_fits_and_nothing_else(ruined: Town, filtered: str) -> None:
    first, *_ = ruined.deliveries(step="task")
    value = {"error": "400", "message": first.message_id}.get(
        filtered, getattr(first, filtered, None)
    )
    if filtered == "customer":
        value = "crm:Account:1"
    wanted = {"customer": 0, "origin": 24, "message": 2, "error": 12, "action": 12}[filtered]

    plan = ruined.plan(Filter(**{filtered: value}))

    assert plan.total == wanted


def test_how_long_it_takes_is_not_told_of_one_that_rests(ruined: Town) -> None:
    plan = ruined.plan(TASKS)

    assert running.eta(plan, now=ruined.clock.now() + timedelta(hours=1)) is None
