"""Syncs beside what there is: caps, modes, replays, dry-runs, links that end, several nodes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bridge.errors import PermanentError, TransientError
from bridge.insight.window import Window
from bridge.outbox.search import Filter
from bridge.pipeline.acts.editing import Edit, NotTaken, edit
from bridge.pipeline.dry_run.report import Report
from bridge.pipeline.dry_run.run import DryRun, Wish
from syncing.pair import RULES, SOURCES, SYNC, Pair


def test_a_sync_that_goes_wild_is_held_like_a_rule(pair: Pair) -> None:
    pair.live_by(SYNC.replace("    stop:", "    caps: {per_record: 2}\n    stop:"))
    for title in ("one", "two", "three"):
        pair.change("crm", Title=title)

    assert pair.issue("summary") == "two"
    (hold,) = pair.town.holds()
    assert (hold.kind, hold.about) == ("blast_radius", "sync:pair")


def test_a_sync_may_only_observe(pair: Pair) -> None:
    pair.live_by(SYNC.replace("    stop:", "    mode: observe\n    stop:"))

    pair.change("crm", Title="Seen")

    assert pair.issue("summary") == "Reboots"
    assert [row.state for row in pair.owed()] == ["held"]


def test_what_is_refused_for_good_is_dead_and_its_replay_sends_what_is_true_by_then(
    pair: Pair,
) -> None:
    pair.tracker.refusals.append(PermanentError("not today", code="400"))
    pair.hear(pair.edit("crm", Title="Refused"))
    assert [row.state for row in pair.owed()] == ["dead"]
    pair.edit("tracker", text="By engineering")
    pair.clock.advance(60)

    pair.town.replay(Filter(rule="sync:pair"))
    pair.quiet()

    assert (pair.issue("summary"), pair.case("Body")) == ("Refused", "By engineering")
    assert pair.tracker.writes == [{"summary": "Refused"}]


def test_its_values_are_not_edited_for_they_are_those_of_the_records(pair: Pair) -> None:
    pair.tracker.refusals.append(PermanentError("not today", code="400"))
    pair.hear(pair.edit("crm", Title="Refused"))
    (dead,) = pair.owed()
    wish, now = Edit(values={"fields.summary": "Edited"}), pair.clock.now()

    with pytest.raises(NotTaken, match="a sync sends what is true as it goes"):
        pair.town.act(lambda s: edit(s, pair.town.world, dead, wish, by="ann", why="", now=now))


def test_what_was_refused_is_not_asked_again_until_it_is_another_value(pair: Pair) -> None:
    pair.tracker.refusals.append(PermanentError("no way there", code="no-transition"))
    pair.hear(pair.edit("crm", State="done"))

    pair.change("crm", Title="Something else")
    states = [row.state for row in pair.owed()]
    pair.change("crm", State="in_progress")

    assert states == ["dead", "succeeded"]
    assert [row.state for row in pair.owed()] == ["superseded", "succeeded", "succeeded"]
    assert (pair.issue("status"), pair.issue("summary")) == ("in_progress", "Something else")


def test_a_replay_of_what_went_well_long_ago_sends_nothing_old(pair: Pair) -> None:
    pair.change("crm", Title="Old news")
    pair.change("tracker", summary="By engineering")
    pair.forget()

    pair.town.replay(Filter(rule="sync:pair"))
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("By engineering", "By engineering")
    assert (pair.crm.writes, pair.tracker.writes) == ([], [])


def test_a_lost_answer_is_no_second_write_and_no_step_back(pair: Pair) -> None:
    pair.tracker.lost.append(TransientError("no answer"))
    pair.hear(pair.edit("crm", Title="Twice"))

    pair.town.wait(120)
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("Twice", "Twice")
    assert len(pair.tracker.writes) == 1


def test_a_dry_run_and_its_proof_leave_syncs_aside_and_say_so(pair: Pair) -> None:
    pair.change("crm", Title="New")
    pair.change("tracker", priority="Blocker")
    world = pair.town.world
    files = {"sources/s.yaml": SOURCES, "rules/r.yaml": RULES, "syncs/s.yaml": SYNC}
    until = pair.clock.now() + timedelta(seconds=1)
    run = DryRun(
        database=world.database, clock=pair.clock, compile=world.sets.compile,
        actions=world.actions, candidate=world.sets.compile(files), allowances=(), page=50,
    )  # fmt: skip

    report = list(run.run(Wish(span=Window(since=until - timedelta(days=7), until=until))))[-1]

    assert isinstance(report, Report)
    assert (report.unlike, report.differs) == (0, False)
    assert report.syncs == {"pair": len(pair.owed())}
    assert len(pair.owed()) > 0
    assert any(f"In this time they owed: pair {len(pair.owed())}." in one for one in report.notes)


def test_a_link_that_ended_is_written_for_no_more(pair: Pair) -> None:
    pair.town.pause("tracker")
    pair.hear(pair.edit("crm", Title="Too late"))
    del pair.crm.records["1"]
    pair.town.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    pair.town.settle()

    pair.resume("tracker")

    assert pair.tracker.writes == []


def test_a_sync_that_is_taken_out_writes_nothing_more(pair: Pair) -> None:
    pair.town.pause("tracker")
    pair.hear(pair.edit("crm", Title="Too late"))
    pair.live_by("version: 1\nsyncs: []\n")

    pair.resume("tracker")

    assert pair.tracker.writes == []
    assert [(row.state, row.reason) for row in pair.owed()] == [
        ("unchanged", "the two are in this sync no more")
    ]


@pytest.mark.parametrize("first", ["crm", "tracker"])
def test_edits_of_both_ends_in_one_batch_come_to_one_state(pair: Pair, first: str) -> None:
    one = pair.edit("crm", Title="A", Body="A")
    other = pair.edit("tracker", summary="B", status="done")
    for body in (one, other) if first == "crm" else (other, one):
        pair.town.receive("crm" if b'"Case"' in body else "tracker", body)
    pair.town.settle()
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("B", "B")
    assert (pair.case("Body"), pair.issue("text")) == ("A", "A")
    assert (pair.case("State"), pair.issue("status")) == ("done", "done")


def test_nodes_that_work_side_by_side_bring_a_pair_to_one_state(pair: Pair) -> None:
    for number in range(3):
        for body in (
            pair.edit("crm", Title=f"by support {number}", Body=f"{number}"),
            pair.edit("tracker", summary=f"by engineering {number}", due=f"2026-12-0{number + 1}"),
        ):
            pair.town.receive("crm" if b'"Case"' in body else "tracker", body)
    pair.clock.advance(60)  # nobody has told of the one when the other is written: it is read first
    nodes = [pair.town, pair.beside()]
    start = threading.Barrier(len(nodes))

    with ThreadPoolExecutor(len(nodes)) as hands:
        done = [hands.submit(node.work_along, start) for node in nodes]
        for one in done:
            one.result(timeout=120)
    pair.quiet()

    assert (pair.case("Title"), pair.issue("summary")) == ("by engineering 2",) * 2
    assert (pair.case("Body"), pair.issue("text")) == ("2", "2")
    assert pair.case("Promised") == "2026-12-03T00:00:00Z"
