"""What no message told is found by search, once, whatever happens in between."""

from datetime import timedelta

import orjson
import pytest

from bridge.errors import CredentialError, PermanentError, TransientError
from bridge.outbox.budgets.bucket import Bucket, Told
from bridge.pipeline.polling import store, work
from bridge.pipeline.polling.work import AGAIN
from pipeline.town import RULES
from polling.search import EVERY, MINUTE, SEARCHED, Search


def test_a_record_that_no_message_told_comes_in_as_if_it_had_been_told(search: Search) -> None:
    search.change(Severity="Critical")
    search.turn()

    (event,) = search.town.events("feedback")
    (message,) = search.messages()
    assert (event.kind, event.origin, event.message_id) == ("feedback.created", "poll", message.id)
    assert (message.origin, message.event_type, message.state) == ("poll", "polled", "translated")
    assert [row.state for row in search.town.deliveries("task", step="task")] == ["succeeded"]


def test_a_change_that_no_message_told_is_found_with_what_it_changed(search: Search) -> None:
    search.change(Severity="Critical")
    search.tell()
    search.change(Title="It reboots at night")
    search.turn()

    created, updated = search.town.events("feedback")
    assert (created.origin, updated.origin) == ("webhook", "poll")
    assert [one["field"] for one in updated.changes] == ["title"]
    assert search.town.vendors["tracker"].records["1"]["summary"] == "It reboots at night"


def test_what_was_told_is_not_read_again(search: Search) -> None:
    search.change()
    search.tell()
    search.turn()

    assert [one.origin for one in search.messages()] == ["webhook"]
    assert search.row().found == 0


def test_what_was_found_is_not_found_again_while_the_overlap_shows_it(search: Search) -> None:
    search.town.clock.advance(EVERY - 5 * MINUTE)
    search.change()
    for _ in range(3):
        search.turn()

    assert len(search.messages()) == 1
    assert len(search.town.events("feedback")) == 1


def test_a_message_that_comes_late_makes_no_second_event(search: Search) -> None:
    search.change(Severity="Critical")
    search.turn()
    search.tell()

    assert len(search.town.events("feedback")) == 1
    assert len(search.town.deliveries("task", step="task")) == 1


def test_what_the_index_shows_late_is_found_by_the_overlap(search: Search) -> None:
    search.town.vendors["crm"].lag = 5 * MINUTE
    search.town.clock.advance(EVERY - 3 * MINUTE)
    search.change()
    search.town.wait(60)
    hidden = len(search.messages())
    search.turn()

    assert hidden == 0
    assert len(search.town.events("feedback")) == 1


def test_what_was_changed_a_moment_ago_is_left_to_its_message(search: Search) -> None:
    search.town.clock.advance(EVERY)
    search.town.vendors["crm"].records["1"] = {"Title": "x", "stamp": search.town.clock.now()}
    search.town.settle()
    left = len(search.messages())
    search.town.wait(AGAIN.total_seconds())

    assert left == 0
    assert len(search.town.events("feedback")) == 1


def test_a_record_that_changes_at_each_search_is_searched_for_twice_a_round(search: Search) -> None:
    search.town.clock.advance(EVERY)
    for _ in range(int(EVERY / MINUTE)):
        search.town.vendors["crm"].records["1"] = {"Title": "x", "stamp": search.town.clock.now()}
        search.town.settle()
        search.town.clock.advance(MINUTE)

    assert len(search.town.vendors["crm"].searched) == 2


def test_what_was_told_a_moment_ago_needs_no_second_search(search: Search) -> None:
    search.town.clock.advance(EVERY)
    search.town.vendors["crm"].records["1"] = {"Title": "x", "stamp": search.town.clock.now()}
    search.tell()
    search.town.wait(5 * 60)

    assert len(search.town.vendors["crm"].searched) == 1


def test_a_second_search_that_finds_nothing_does_not_say_that_all_was_told(search: Search) -> None:
    search.change()
    search.tell()
    search.change(Title="once more")
    search.town.clock.advance(EVERY - 4 * MINUTE)
    search.town.vendors["crm"].records["2"] = {"Title": "x", "stamp": search.town.clock.now()}
    search.town.settle()
    search.tell("2")
    search.town.wait(AGAIN.total_seconds())

    assert len(search.town.vendors["crm"].searched) == 2
    assert "missed:cases" in search.town.said.down
    assert "missed:cases" not in search.town.said.lifted


def test_a_record_that_is_gone_was_deleted(search: Search) -> None:
    search.change()
    search.tell()
    search.change(gone=True)
    search.change("2", gone=True)
    search.turn()

    assert [one.kind for one in search.town.events()] == ["feedback.created", "feedback.deleted"]
    assert search.row().found == 1


def test_a_record_that_goes_within_the_second_of_its_last_change_was_deleted(
    search: Search,
) -> None:
    search.town.clock.advance(EVERY)
    search.change()
    search.town.settle()
    search.town.vendors["crm"].records["1"]["gone"] = True  # the vendor's stamps are that coarse
    search.turn()

    assert [one.kind for one in search.town.events()] == ["feedback.created", "feedback.deleted"]
    assert len(search.messages()) == 2


def test_what_was_changed_before_it_began_is_not_looked_for(search: Search) -> None:
    """That would be a backfill: nobody asked for cards about last year."""
    old = search.town.clock.now() - work.OVERLAP - MINUTE
    search.town.vendors["crm"].records["1"] = {"Title": "x", "stamp": old}
    search.turn()

    assert search.messages() == []


@pytest.mark.parametrize("size", [work.PAGE - 1, work.PAGE, 2 * work.PAGE + 7])
def test_many_come_page_by_page(search: Search, size: int) -> None:
    for number in range(size):
        stamp = search.town.clock.now() + timedelta(milliseconds=number)
        search.town.vendors["crm"].records[str(number)] = {"Title": "x", "stamp": stamp}
    search.turn()

    assert len(search.town.events("feedback.created")) == size
    assert len(search.town.vendors["crm"].searched) == 1
    assert (search.row().found, search.row().begun_at) == (size, None)


def test_a_kill_in_the_middle_goes_on_at_another_node_and_brings_nothing_twice(
    search: Search,
) -> None:
    for number in range(work.PAGE + 3):
        stamp = search.town.clock.now() + timedelta(seconds=2 * number)
        search.town.vendors["crm"].records[str(number)] = {"Title": "x", "stamp": stamp}
    search.town.clock.advance(2 * EVERY)
    search.town.polling.step()
    kept = len(search.messages())
    other = search.town.beside()
    other.settle()

    assert kept == work.PAGE / 25
    assert len(search.town.events("feedback.created")) == work.PAGE + 3
    assert len(search.messages()) == kept + 1


def test_one_that_was_frozen_past_its_lease_keeps_nothing(search: Search) -> None:
    """Another node has done its page meanwhile."""
    search.change()
    search.town.clock.advance(EVERY)
    other = search.town.beside()

    def freeze() -> None:
        search.town.vendors["crm"].reads = lambda: None
        search.town.clock.advance(work.LEASE + MINUTE)
        other.polling.step()

    search.town.vendors["crm"].reads = freeze
    search.town.polling.step()

    assert len(search.messages()) == 1
    assert search.row().found == 1
    assert search.row().leased_until is None


@pytest.mark.parametrize("error", [TransientError("busy"), PermanentError("no")], ids=str)
def test_an_outage_loses_nothing(search: Search, error: Exception) -> None:
    search.change(Severity="Critical")
    search.town.vendors["crm"].trouble = [error]
    search.turn()
    problem = search.row().problem
    for _ in range(3):
        search.turn()

    assert str(error) in problem
    assert search.row().problem == ""
    assert len(search.town.events("feedback.created")) == 1


def test_what_is_found_and_cannot_be_understood_is_kept_until_it_can(search: Search) -> None:
    search.change(Severity="Enormous")  # the source's map has no such word
    search.turn()
    search.turn()
    (kept,) = search.messages()

    search.town.live_by(RULES, sources=SEARCHED.replace("Low: low", "Low: low, Enormous: critical"))
    search.town.read_again(kept.id)

    assert kept.state == "bad"
    assert [one.kind for one in search.town.events("feedback")] == ["feedback.created"]
    assert [row.state for row in search.town.deliveries("task", step="task")] == ["succeeded"]


def test_what_nobody_knows_after_it_was_found_is_not_found_again(search: Search) -> None:
    search.town.clock.advance(EVERY)
    search.change(Severity="Enormous")
    search.town.settle()
    search.change("2")
    search.town.clock.advance(EVERY - 2 * MINUTE)
    search.town.settle()  # the overlap shows both

    brought = [orjson.loads(one.body or b"")["records"] for one in search.messages()]
    assert [[record["id"] for record in some] for some in brought] == [["1"], ["2"]]


def test_a_connection_whose_credentials_are_bad_is_not_asked(search: Search) -> None:
    search.town.vendors["crm"].trouble = [CredentialError("expired")]
    search.turn()
    paused = search.town.connection("crm").state
    search.town.clock.advance(1)
    search.town.settle()

    assert paused == "credentials"
    assert search.row().problem == "re-read again later: expired"
    assert len(search.town.vendors["crm"].searched) == 0


def test_a_quota_that_is_used_up_is_left_to_deliveries(search: Search) -> None:
    """By the vendor's own number, or because it takes no more; then it is searched again."""
    now = search.town.clock.now()
    search.change()
    search.limit(Bucket(closed=(now + 40 * MINUTE).timestamp(), why="REQUEST_LIMIT_EXCEEDED"))
    search.turn()
    closed, asked = search.row(), len(search.town.vendors["crm"].searched)
    search.limit(Bucket(told=Told(limit=1_000, left=50, at=now.timestamp(), seconds=86_400.0)))
    search.town.wait(30 * 60)
    short, still = search.row(), len(search.town.vendors["crm"].searched)
    search.limit(Bucket())
    search.turn()

    assert (asked, still) == (0, 0)
    assert "REQUEST_LIMIT_EXCEEDED" in closed.problem
    assert closed.due_at == now + 40 * MINUTE
    assert "is used up" in short.problem
    assert len(search.town.events("feedback")) == 1


def test_a_search_that_is_refused_says_so_once_and_again_when_it_goes(search: Search) -> None:
    search.town.vendors["crm"].trouble = [PermanentError("no such field")]
    search.turn()
    said = dict(search.town.said.down)
    search.turn()

    assert "no such field" in said["poll:cases"]
    assert "poll:cases" in search.town.said.lifted
    assert "poll:cases" not in search.town.said.down


def test_lost_messages_are_an_alarm_only_where_messages_come(search: Search) -> None:
    search.change()
    search.turn()
    quiet = dict(search.town.said.down)
    search.tell()
    search.change(Title="once more")
    search.turn()
    loud = dict(search.town.said.down)
    search.turn()

    assert "missed:cases" not in quiet
    assert "1 changes of Case" in loud["missed:cases"]
    assert "missed:cases" in search.town.said.lifted


def test_a_search_is_no_sign_of_life_of_the_connection(search: Search) -> None:
    search.change()
    search.turn()

    assert search.town.connection("crm").last_message_at is None


def test_what_was_remembered_is_forgotten_when_nobody_searches_for_it_any_more(
    search: Search,
) -> None:
    search.change()
    search.turn()
    kept = search.remembered()
    for _ in range(3):
        search.turn()

    assert (kept, search.remembered()) == (1, 0)


def test_a_source_that_is_not_polled_any_more_is_forgotten(search: Search) -> None:
    search.plan(issues=EVERY)

    with search.town.database.reading() as session:
        assert [row.source for row in store.rows(session)] == ["issues"]


def test_one_that_is_to_run_more_often_does_so_at_once(search: Search) -> None:
    search.plan(cases=2 * MINUTE)
    search.change()
    search.town.clock.advance(MINUTE)
    search.town.settle()

    assert len(search.messages()) == 1
