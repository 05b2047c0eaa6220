"""The past is read in once, disturbs nobody, and is told to no rule that does not ask for it."""

from datetime import timedelta

import pytest

from backfill.archive import DAY, MINUTE, Archive
from bridge.errors import CredentialError, PermanentError, TransientError
from bridge.outbox.budgets.bucket import Bucket, Told
from bridge.pipeline.backfill import bringing, store, work
from bridge.pipeline.backfill.place import CHUNK
from bridge.pipeline.backfill.wish import State
from bridge.pipeline.polling import store as polls
from bridge.timers.store import of_records
from pipeline.town import RULES, SOURCES


def test_what_was_there_before_is_known_and_no_rule_hears_of_it(archive: Archive) -> None:
    archive.fill(3)
    row = archive.bring()

    events = archive.town.events("feedback")
    assert [(one.origin, one.matched) for one in events] == [("backfill", 0)] * 3
    assert archive.town.deliveries() == []
    assert (row.state, row.found, row.known, row.total, row.done, row.brought) == (
        State.DONE, 3, 0, 3, 3, 3,
    )  # fmt: skip
    assert archive.left() == 0


def test_a_rule_that_names_the_origin_hears_of_it(archive: Archive) -> None:
    asks = RULES.replace(
        "    if: feedback.severity", "    origins: [backfill]\n    if: feedback.severity"
    )
    archive.town.live_by(asks)
    archive.fill(2)
    archive.bring()

    assert len(archive.town.deliveries("task", step="task")) == 2


def test_a_plan_counts_and_brings_nothing(archive: Archive) -> None:
    archive.fill(3)
    archive.tell("00001")
    archive.put("00009", gone=True)
    plan = archive.count()
    archive.town.settle()

    assert (plan.state, plan.found, plan.known, plan.total) == (State.PLANNED, 3, 1, 2)
    assert archive.messages() == {"webhook translated": 1}


@pytest.mark.parametrize("size", [work.PAGE, work.PAGE + 3])
def test_many_come_step_by_step(archive: Archive, size: int) -> None:
    archive.fill(size)
    row = archive.bring()

    assert len(archive.town.events("feedback")) == row.brought == row.done == size
    assert archive.messages() == {"backfill translated": -(-size // 25)}


def test_no_more_waits_in_the_inbox_than_is_worked_on_soon(archive: Archive) -> None:
    archive.fill(1_000)
    asked = archive.begin()
    archive.work_off()
    pending = archive.messages()["backfill pending"]
    archive.work_off()

    assert store.MOST_PENDING <= pending < store.MOST_PENDING + CHUNK / 25
    assert archive.messages()["backfill pending"] == pending
    assert archive.row(asked).done == pending * 25


def test_what_is_told_now_waits_for_one_message_of_the_past_at_most(archive: Archive) -> None:
    archive.fill(1_000)
    archive.begin()
    archive.work_off()
    archive.town.case("new", Title="Now", Severity="High")
    archive.town.intake.drain()

    (event,) = archive.town.events("feedback")
    assert event.origin == "webhook"
    assert archive.town.intake.drain() == 1


def test_the_inbox_calls_no_vendor_for_it(archive: Archive) -> None:
    """What a message of the past shows was read before; a vendor that hangs delays nobody."""
    archive.town.live_by(
        RULES, sources=SOURCES.replace("    as: feedback", "    as: feedback\n    reread: true")
    )
    archive.fill(3)
    archive.begin()
    archive.work_off()
    archive.town.vendors["crm"].trouble = [TransientError("away")]
    archive.town.intake.drain()

    assert len(archive.town.events("feedback")) == 3
    assert len(archive.town.vendors["crm"].trouble) == 1


def test_a_source_that_wants_another_field_by_now_has_the_record_read_again(
    archive: Archive,
) -> None:
    archive.put("1", Product="Router")
    archive.begin()
    archive.work_off()
    more = SOURCES.replace(
        "      product: Product", "      product: Product\n      channel: Channel"
    )
    archive.town.vendors["crm"].records["1"]["Channel"] = "phone"
    archive.town.live_by(RULES, sources=more)
    archive.town.settle()

    (event,) = archive.town.events("feedback")
    assert event.record["channel"] == "phone"


def test_a_second_run_finds_nothing_new(archive: Archive) -> None:
    archive.fill(3)
    archive.bring()
    again = archive.bring()

    assert (again.known, again.total) == (3, 0)
    assert len(archive.town.events("feedback")) == 3


def test_what_is_newer_here_is_not_rolled_back(archive: Archive) -> None:
    """The vendor shows an old state, as an index or a replica that lags does."""
    archive.put("1", Title="new")
    archive.tell("1")
    archive.put("1", ago=2 * DAY, Title="old")
    asked = archive.ask()
    archive.town.act(lambda session: store.put(session, asked, ["1"]))
    archive.set(asked, State.RUNNING)
    archive.town.settle()

    (event,) = archive.town.events("feedback")
    assert event.record["title"] == "new"
    assert archive.messages()["backfill translated"] == 1


def test_what_was_changed_a_moment_ago_is_left_to_its_message(archive: Archive) -> None:
    """Else its rule would hear nothing: a fact is told once."""
    archive.put("1", ago=timedelta(seconds=5))
    row = archive.bring()
    waits = archive.messages()
    archive.tell("1")
    archive.town.wait(2 * 60)

    assert (row.state, row.done, bringing.RECENT in row.problem) == (State.RUNNING, 0, True)
    assert waits == {}
    assert [one.origin for one in archive.town.events("feedback")] == ["webhook"]
    assert len(archive.town.deliveries("task", step="task")) == 1
    assert archive.row(row.id).state == State.DONE


def test_what_the_next_search_will_tell_is_left_to_it(archive: Archive) -> None:
    searched = SOURCES.replace("  - id: cases\n", "  - id: cases\n    poll: 15m\n")
    archive.town.live_by(RULES, sources=searched)
    every = {"cases": 15 * MINUTE}
    archive.town.act(lambda session: polls.plan(session, every, now=archive.town.clock.now()))
    archive.put("old")
    archive.town.clock.advance(5 * 60)
    archive.put("new", ago=2 * MINUTE)
    row = archive.bring()
    archive.town.wait(15 * 60)
    archive.town.wait(2 * 60)

    found = {one.subject: one.origin for one in archive.town.events("feedback")}
    assert (row.state, row.done) == (State.RUNNING, 1)
    assert found == {"crm:Case:old": "backfill", "crm:Case:new": "poll"}
    assert archive.row(row.id).state == State.DONE


def test_a_linked_record_is_not_written_back(archive: Archive) -> None:
    archive.town.case("1", Title="Reboots", Severity="Critical")
    archive.town.settle()
    before = list(archive.town.vendors["crm"].asked)
    archive.town.clock.advance(DAY)
    archive.town.vendors["tracker"].records["1"] |= {
        "status": "done", "status_name": "Done", "stamp": archive.town.clock.now() - 2 * MINUTE,
    }  # fmt: skip
    archive.bring(source="issues")

    assert archive.town.events("work_item")[-1].record["status"] == "done"
    assert archive.town.vendors["crm"].asked == before == ["update 1"]


def test_a_date_that_has_passed_before_is_not_told(archive: Archive) -> None:
    """Not even of a record that is known: somebody might have told it."""
    overdue = """
  - id: late
    description: What is late is told.
    when: work.overdue
    do: [{chat.post: {channel: engineering, title: late}}]
    tests: [{name: t, given: {event: work.overdue, work_item: {due: 2026-01-01}}, expect: [chat.post]}]
"""
    archive.town.live_by(RULES + overdue)
    now = archive.town.clock.now()
    archive.town.vendors["tracker"].records["1"] = {"summary": "x", "stamp": now - 20 * DAY}
    archive.bring(source="issues")
    archive.town.vendors["tracker"].records["1"] |= {
        "due": (now - 9 * DAY).isoformat(), "stamp": now - 10 * DAY,
    }  # fmt: skip
    archive.bring(source="issues")
    archive.town.wait(60)

    assert [one.record.get("due") is None for one in archive.town.events("work_item")] == [
        True,
        False,
    ]
    with archive.town.database.reading() as session:
        assert of_records(session, ["tracker:issue:1"]) == {}


def test_a_kill_costs_a_step_and_brings_nothing_twice(archive: Archive) -> None:
    archive.fill(work.PAGE + 50)
    asked = archive.ask()
    archive.town.backfilling.step()
    archive.town.clock.advance(work.LEASE)
    archive.town = archive.town.beside()
    archive.work_off()
    planned = archive.row(asked)
    archive.set(asked, State.RUNNING)
    archive.town.backfilling.step()
    archive.town.clock.advance(work.LEASE)
    archive.town = archive.town.beside()
    archive.town.settle()

    assert (planned.found, planned.total) == (work.PAGE + 50, work.PAGE + 50)
    assert len(archive.town.events("feedback")) == work.PAGE + 50
    assert sum(archive.messages().values()) == (work.PAGE + 50) / 25


def test_one_that_was_frozen_past_its_lease_keeps_nothing(archive: Archive) -> None:
    archive.fill(3)
    asked = archive.begin()
    other = archive.town.beside()

    def freeze() -> None:
        archive.town.vendors["crm"].reads = lambda: None
        archive.town.clock.advance(work.LEASE + MINUTE)
        other.backfilling.step()

    archive.town.vendors["crm"].reads = freeze
    archive.town.backfilling.step()

    assert archive.messages() == {"backfill pending": 1}
    assert (archive.row(asked).done, archive.row(asked).state) == (3, State.DONE)


def test_one_that_another_node_has_taken_meanwhile_keeps_nothing(archive: Archive) -> None:
    archive.fill(3)
    asked = archive.begin()

    def freeze() -> None:
        archive.town.vendors["crm"].reads = lambda: None
        archive.town.clock.advance(work.LEASE + MINUTE)
        now = archive.town.clock.now()
        until = now + work.LEASE
        archive.town.act(lambda session: store.lease(session, now=now, until=until))

    archive.town.vendors["crm"].reads = freeze
    archive.town.backfilling.step()

    assert (archive.messages(), archive.row(asked).done, archive.left()) == ({}, 0, 3)


def test_one_that_is_paused_while_it_reads_keeps_nothing_and_goes_on_later(
    archive: Archive,
) -> None:
    archive.fill(3)
    asked = archive.begin()
    archive.town.vendors["crm"].reads = lambda: archive.set(asked, State.PAUSED)
    archive.town.backfilling.step()
    archive.town.vendors["crm"].reads = lambda: None
    archive.town.settle()
    paused = archive.messages()
    archive.set(asked, State.RUNNING)
    archive.town.settle()

    assert paused == {}
    assert archive.row(asked).done == 3


@pytest.mark.parametrize(
    "error", [TransientError("busy"), PermanentError("no such field")], ids=str
)
def test_an_outage_costs_nothing_but_time(archive: Archive, error: Exception) -> None:
    archive.fill(3)
    asked = archive.begin()
    archive.town.vendors["crm"].trouble = [error]
    archive.town.settle()
    problem = archive.row(asked).problem
    archive.town.wait(10 * 60)

    assert str(error) in problem
    assert (archive.row(asked).state, archive.row(asked).problem) == (State.DONE, "")
    assert len(archive.town.events("feedback")) == 3


def test_a_query_that_is_refused_has_failed(archive: Archive) -> None:
    archive.town.vendors["crm"].trouble = [PermanentError("no such field")]
    row = archive.count()

    assert (row.state, row.problem) == (State.FAILED, "no such field")


def test_credentials_that_are_bad_are_not_tried_again_and_again(archive: Archive) -> None:
    archive.fill(3)
    archive.town.vendors["crm"].trouble = [CredentialError("expired")]
    asked = archive.ask()
    archive.town.settle()
    archive.town.clock.advance(1)
    archive.town.settle()

    assert archive.town.connection("crm").state == "credentials"
    assert "expired" in archive.row(asked).problem


def test_a_quota_that_is_used_up_is_left_to_deliveries(archive: Archive) -> None:
    archive.fill(3)
    now = archive.town.clock.now()
    archive.limit(Bucket(told=Told(limit=1_000, left=50, at=now.timestamp(), seconds=86_400.0)))
    asked = archive.ask()
    archive.town.settle()
    short = archive.row(asked)
    archive.limit(Bucket())
    archive.town.wait(15 * 60)

    assert "is used up" in short.problem
    assert archive.row(asked).state == State.PLANNED
