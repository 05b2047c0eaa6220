"""After a delivery: its link, what waited for it, alarms, and the fields on the customer's record."""

import pytest

from bridge.connectors.contract import Mode
from bridge.errors import PermanentError
from bridge.outbox.search import Filter
from bridge.outbox.tables import State
from pipeline.town import RULES, SOURCES, Town, rule

BOARD = rule(
    name="board",
    when="[work_item.updated, work_item.linked]",
    more="each: {linked: feedback}\n    origins: [webhook, own]",
    do='[{crm.update_record: {fields: {Column: "${rollup.status}"}}}]',
).partition("rules:\n")[2]


@pytest.fixture
def task(town: Town) -> Town:
    """A case with its task."""
    town.live_by(RULES + BOARD)
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    return town


def test_the_link_is_there_in_the_moment_the_create_is_done(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    (claimed,) = town.dispatcher.claim(1, busy={})

    town.dispatcher.dispatch(claimed)

    assert [link.right_ref for link in town.links()] == ["tracker:issue:1"]
    assert [row.state for row in town.deliveries()] == ["succeeded", "pending"]


def test_what_could_not_follow_an_end_follows_later(town: Town) -> None:
    """The create is done, whatever became of its link in that transaction."""
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    town.break_off_at("UPDATE link", times=1)
    town.deliver()
    states = [row.state for row in town.deliveries()]

    town.wait(5)

    assert states == ["succeeded", "waiting"]
    assert town.chat.asked == ["post T-1"]
    assert len(town.tracker.records) == 1


def test_a_first_state_that_came_before_the_link_reaches_the_board(town: Town) -> None:
    """The tracker's webhook of our create may overtake the answer to it."""
    town.live_by(RULES + BOARD)
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    town.issue("1", status="in_progress")
    town.intake.drain()

    town.settle()

    assert town.crm.records["1"]["Column"] == "in_progress"


def test_a_dismissed_create_frees_its_link_and_nobody_waits_for_it(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    create = town.deliveries("task", step="task")[0]

    town.cancel(Filter(ids=(create.id,)))

    assert [(row.state, row.reason) for row in town.deliveries()] == [
        ("cancelled", "cancelled by ann: noise"),
        ("cancelled", "the create it waits for was cancelled: cancelled by ann: noise"),
    ]
    assert town.links() == []
    town.settle()
    assert town.tracker.asked == []


def test_a_create_that_came_too_late_frees_its_link(town: Town) -> None:
    late = RULES.replace("      - id: task\n", "      - id: task\n        expires: 1h\n")
    town.live_by(late)
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()

    town.wait(3_601)

    assert [row.state for row in town.deliveries()] == ["expired", "cancelled"]
    assert town.links() == []


def test_what_is_in_flight_or_over_cannot_be_cancelled(task: Town) -> None:
    gone = task.cancel(Filter())

    assert gone == []
    assert {row.state for row in task.deliveries()} == {"succeeded", "accepted"}


def test_a_cancelled_dead_delivery_ends_its_alarm(town: Town) -> None:
    town.tracker.refusals.append(PermanentError("no project T", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    before = set(town.said.down)

    town.cancel(Filter(state=(State.DEAD,)))

    assert before == {"dead:task:tracker"}
    assert town.said.down == {}


def test_the_customers_record_shows_the_key_the_status_and_since_when(task: Town) -> None:
    task.issue("1", status="in_progress", status_name="In Review")
    task.settle()

    shown = task.crm.records["1"]
    assert (shown["Key"], shown["Status"], shown.get("Problem")) == ("T-1", "In Review", None)
    assert shown["Synced"] == "2026-11-23T09:00:02+00:00"


def test_what_is_in_step_is_not_written_again(task: Town) -> None:
    before = len(task.deliveries("source:cases"))
    task.issue("1", status="in_progress", status_name="In Review")
    task.settle()
    task.issue("1", status="in_progress", status_name="In Review", due="2026-12-24T00:00:00Z")
    task.settle()

    assert len(task.deliveries("source:cases")) == before + 1


def test_several_issues_are_shown_as_one_line(task: Town) -> None:
    second = rule(
        name="second",
        when="feedback.requested",
        do='[{id: wish, tracker.create_issue: {summary: "a"}}]',
    )
    task.live_by(RULES + second.partition("rules:\n")[2])
    task.case("1", Send=False)
    task.case("1", Send=True)
    task.settle()
    task.issue("1", status="done", status_name="Shipped")
    task.issue("2", status="in_progress", status_name="Review")
    task.settle()

    shown = task.crm.records["1"]
    assert (shown["Key"], shown["Status"]) == ("T-1, T-2", "in_progress (1 of 2 done)")


def test_a_problem_is_told_on_the_record_and_taken_away_when_it_is_over(town: Town) -> None:
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()
    town.tracker.refusals.append(PermanentError("summary is too long", code="400"))
    town.case("1", Title="Reboots at night")
    town.settle()
    told = town.crm.records["1"]["Problem"]

    town.replay(Filter(state=(State.DEAD,)))

    assert told == "tracker.update_issue to tracker failed: summary is too long"
    assert town.crm.records["1"]["Problem"] is None


def test_a_write_back_that_fails_does_not_write_back_that_it_failed(town: Town) -> None:
    town.crm.refusals.append(PermanentError("no field Key", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")

    town.settle()

    assert [row.state for row in town.deliveries("source:cases")] == ["dead"]


def test_a_source_without_write_back_gets_none(town: Town) -> None:
    bare = "\n".join(line for line in SOURCES.splitlines() if "write_back" not in line)
    town.live_by(sources=bare)
    town.case("1", Title="Reboots", Severity="Critical")
    town.settle()

    assert town.crm.asked == []


def test_a_connection_that_observes_is_not_written_back_to(small_town: Town) -> None:
    watching = Town(
        database=small_town.database, clock=small_town.clock, modes={"crm": Mode.OBSERVE}
    )
    watching.live_by()
    watching.case("1", Title="Reboots", Severity="Critical")

    watching.settle()

    assert watching.crm.asked == []
    assert {row.state for row in watching.deliveries("source:cases")} == {"held"}


def test_what_waits_longer_than_its_step_allows_has_expired(town: Town) -> None:
    brief = RULES.replace("      - id: card\n", "      - id: card\n        expires: 1h\n")
    town.live_by(brief)
    town.tracker.refusals.append(PermanentError("no project T", code="400"))
    town.case("1", Title="Reboots", Severity="Critical")
    town.intake.drain()
    town.clock.advance(3_599)
    town.chores.step()
    before = town.deliveries("task", step="card")[0].state

    town.clock.advance(1)
    town.chores.step()

    card = town.deliveries("task", step="card")[0]
    assert (before, card.state) == ("waiting", "expired")
    assert "its step gave it until 2026-11-23 10:00 UTC" in card.reason
