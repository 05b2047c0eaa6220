"""Events decided again: their records and what these are linked with are judged anew, as planned."""

import pytest

from bridge.errors import PermanentError
from bridge.outbox.search import Filter
from bridge.pipeline.replay.wish import ReplayMode
from syncing.pair import SYNC, Pair

OFF = SYNC.replace("    stop:", "    mode: off\n    stop:")


@pytest.fixture
def apart(pair: Pair) -> Pair:
    """Both ends were edited while their sync was off, and it is on again."""
    pair.live_by(OFF)
    pair.change("crm", Title="By support")
    pair.change("tracker", text="By engineering")
    pair.live_by(SYNC)
    return pair


def test_an_event_that_is_decided_again_brings_its_record_in_step_as_the_plan_says(
    apart: Pair,
) -> None:
    event = apart.town.events("feedback")[-1].id

    plan = apart.town.plan(Filter(event=event), mode=ReplayMode.REDECIDE)
    (item,) = apart.town.replayed(plan.id)
    run = apart.town.replay(Filter(event=event), mode=ReplayMode.REDECIDE)

    owed = [
        (line["rule"], line["connection"], line["action"], line["comes"])
        for line in item.owed or ()
    ]
    assert owed == [
        ("sync:pair", "crm", "crm.set_case", "goes"),
        ("sync:pair", "tracker", "tracker.set_issue", "goes"),
    ]
    assert plan.counts["sends"]["crm"]["deliveries"] == 1
    assert (apart.issue("summary"), apart.case("Body")) == ("By support", "By engineering")
    assert (run.state, run.moved) == ("done", {})
    assert {row.replay_id for row in apart.owed()[-2:]} == {run.id}


def test_the_rules_of_then_leave_the_syncs_to_those_of_today(apart: Pair) -> None:
    event = apart.town.events("feedback")[-1].id

    apart.town.replay(Filter(event=event), mode=ReplayMode.THEN)

    assert (apart.issue("summary"), apart.case("Body")) == ("By support", "By engineering")


def test_what_agrees_by_now_is_left_alone(apart: Pair) -> None:
    wanted = Filter(event=apart.town.events("feedback")[-1].id)
    apart.town.replay(wanted, mode=ReplayMode.REDECIDE)
    apart.quiet()

    plan = apart.town.plan(wanted, mode=ReplayMode.REDECIDE)

    assert [item.will for item in apart.town.replayed(plan.id)] == ["nothing"]


def test_what_is_stopped_is_left_alone(apart: Pair) -> None:
    apart.change("tracker", labels=["no-sync"])
    event = apart.town.events("feedback")[-1].id

    plan = apart.town.plan(Filter(event=event), mode=ReplayMode.REDECIDE)

    assert [item.will for item in apart.town.replayed(plan.id)] == ["nothing"]
    apart.town.replay(Filter(event=event), mode=ReplayMode.REDECIDE)
    assert apart.issue("summary") == "Reboots"


def test_what_was_refused_gives_way_once_though_events_of_both_ends_are_decided(
    pair: Pair,
) -> None:
    pair.tracker.refusals.append(PermanentError("not today", code="400"))
    pair.hear(pair.edit("crm", Title="Refused"))
    pair.crm.refusals.append(PermanentError("not today", code="400"))
    pair.hear(pair.edit("tracker", text="Refused too"))
    dead = [row.id for row in pair.owed() if row.state == "dead"]
    assert len(dead) == 2

    plan = pair.town.plan(Filter(rule="sync:pair", state=("dead",)), mode=ReplayMode.REDECIDE)
    items = pair.town.replayed(plan.id)
    run = pair.town.replay(Filter(rule="sync:pair", state=("dead",)), mode=ReplayMode.REDECIDE)

    assert [len(item.owed or ()) for item in items] == [2, 0]
    assert (run.state, run.moved) == ("done", {})
    assert (pair.issue("summary"), pair.case("Body")) == ("Refused", "Refused too")
    told = {row.id: row for row in pair.owed()}
    assert [told[one].state for one in dead] == ["superseded", "superseded"]
    assert all(told[one].superseded_by for one in dead)
    pair.quiet()
    assert len(pair.tracker.writes) + len(pair.crm.writes) == 2


def test_what_was_refused_waits_on_where_the_pair_is_stopped(pair: Pair) -> None:
    pair.tracker.refusals.append(PermanentError("not today", code="400"))
    pair.hear(pair.edit("crm", Title="Refused"))
    pair.hear(pair.edit("tracker", labels=["no-sync"]))
    wanted = Filter(rule="sync:pair", state=("dead",))

    run = pair.town.replay(wanted, mode=ReplayMode.REDECIDE)

    assert (run.state, run.moved) == ("done", {})
    assert [row.state for row in pair.owed()] == ["dead"]
