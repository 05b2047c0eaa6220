"""The repair of what an audit found: ordinary deliveries, judged anew, and then all agrees."""

import pytest
from sqlalchemy import select

from bridge.errors import PermanentError
from bridge.ledger.tables import ShadowRow
from bridge.pipeline.drift import store
from bridge.pipeline.drift.views import RepairPlan
from bridge.pipeline.shown import OWED
from drift.auditor import Auditor
from syncing.pair import SOURCES, SYNC


def test_what_was_lost_is_written_and_then_all_agrees(auditor: Auditor) -> None:
    pair = auditor.pair
    pair.edit("crm", Title="Reboots twice")
    pair.clock.advance(300)
    found = auditor.run()

    repaired = auditor.repair(found.id)
    pair.quiet()
    pair.clock.advance(300)
    again = auditor.run()

    assert repaired.state == "repaired"
    assert pair.tracker.writes == [{"summary": "Reboots twice"}]
    assert [one.outcome for one in auditor.differences(found.id)] == ["owed"]
    assert [(row.rule, row.state) for row in pair.owed()] == [("sync:pair", "succeeded")]
    assert store.share(again.counts) == 1.0


def test_what_a_sync_did_not_keep_before_is_written(auditor: Auditor) -> None:
    pair = auditor.pair
    body = "      - {crm: body, tracker: body, owner: latest}\n"
    pair.live_by(SYNC.replace(body, ""))
    pair.change("crm", Body="In the morning")
    pair.live_by(SYNC)
    pair.clock.advance(300)
    found = auditor.run()

    auditor.repair(found.id)

    assert pair.tracker.writes == [{"text": "In the morning"}]


def test_what_agrees_by_now_is_left_alone(auditor: Auditor) -> None:
    pair = auditor.pair
    pair.edit("crm", Title="Reboots twice")
    pair.clock.advance(300)
    found = auditor.run()
    pair.edit("tracker", summary="Reboots twice")
    pair.clock.advance(300)

    auditor.repair(found.id)

    assert pair.tracker.writes + pair.crm.writes == []
    assert [row.state for row in pair.owed()] == ["unchanged"]


def test_what_was_told_since_the_audit_is_left_alone(auditor: Auditor) -> None:
    pair = auditor.pair
    message = pair.edit("crm", Title="Reboots twice")
    pair.clock.advance(300)
    found = auditor.run()
    pair.hear(message)
    pair.quiet()
    pair.forget()

    repaired = auditor.repair(found.id)

    assert pair.tracker.writes + pair.crm.writes == []
    assert [one.outcome for one in auditor.differences(found.id)] == ["in_step"]
    assert repaired.counts["repair_in_step"] == 1


def test_what_was_refused_is_owed_anew_and_the_dead_one_gives_way(auditor: Auditor) -> None:
    pair = auditor.pair
    pair.tracker.refusals.append(PermanentError("the field is locked", code="400"))
    pair.hear(pair.edit("crm", Title="Reboots twice"))
    pair.clock.advance(300)
    found = auditor.run()

    auditor.repair(found.id)

    old, new = pair.owed()
    assert (old.state, old.superseded_by, new.state) == ("superseded", new.id, "succeeded")
    assert pair.issue("summary") == "Reboots twice"


@pytest.mark.parametrize("told", [True, False], ids=["known here", "told by no message"])
def test_what_both_have_changed_is_asked_of_a_person(small_auditor: Auditor, *, told: bool) -> None:
    """The pair was not in the sync when they were changed, or nobody heard of it."""
    pair = small_auditor.pair
    severity = "      - {crm: severity, tracker: priority, owner: ask, map: urgency}\n"
    pair.live_by(SYNC.replace(severity, ""))
    edits = pair.edit("crm", Severity="Critical"), pair.edit("tracker", priority="Low")
    if told:
        pair.hear(*edits)
    pair.live_by(SYNC)
    pair.clock.advance(300)
    found = small_auditor.run()
    with pair.database.reading() as session:
        plan = RepairPlan.of(session, found)

    small_auditor.repair(found.id)

    assert (plan.writes, plan.reads, plan.asks, plan.left) == ({}, 2, 1, {})
    assert [(row.step, row.state) for row in pair.owed() if row.state == "held"] == [
        ("ask:severity/priority", "held")
    ]
    assert [one.outcome for one in small_auditor.differences(found.id)] == ["asked"]
    assert (pair.case("Severity"), pair.issue("priority")) == ("Critical", "Low")


def test_a_repair_that_is_broken_off_owes_nothing_twice(auditor: Auditor) -> None:
    """The node dies in the transaction that would have kept it, and another goes on."""
    pair = auditor.pair
    pair.edit("crm", Title="Reboots twice")
    pair.clock.advance(300)
    found = auditor.run()
    pair.town.break_off_at("UPDATE drift SET cursor", times=1)

    auditor.repair(found.id)
    pair.clock.advance(300)
    auditor.work()
    pair.town.settle()

    assert len(pair.owed()) == 1
    assert pair.tracker.writes == [{"summary": "Reboots twice"}]


def test_a_record_in_step_says_since_when_but_not_each_time(auditor: Auditor) -> None:
    pair = auditor.pair
    pair.sources = SOURCES.replace(
        "{problem: Problem}", "{problem: Problem, in_step_as_of: Synced}"
    )
    pair.live_by(SYNC)
    stamps = []
    for hours in (1, 1, 25):
        auditor.run()
        pair.town.settle()
        stamps.append(pair.case("Synced"))
        pair.clock.advance(hours * 3600)
    auditor.run()
    pair.town.settle()
    stamps.append(pair.case("Synced"))

    assert stamps[0] is not None
    assert stamps[0] == stamps[1] == stamps[2]
    assert stamps[3] > stamps[0]
    with pair.database.reading() as session:
        query = select(ShadowRow.value).where(
            ShadowRow.link_id == OWED, ShadowRow.field == "Synced"
        )
        assert session.scalars(query).one() == stamps[3]
