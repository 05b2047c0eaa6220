"""A record explained: its links, what is not over, and what happened to it, newest first."""

import pytest

from bridge.errors import PermanentError
from bridge.pipeline.explaining.record import explain_record
from pipeline.town import Town

PAGE = """\
00004711  feedback  crm:Case:1
  linked    as task with T-1, since 2026-11-23 09:00:01 UTC
            https://tracker.test/T-1

What happened, newest first:

2026-11-23 09:00:03 UTC  feedback updated  by webhook
  update for T-1: did not match: title did not change; the rule needs it to
    change
  more: bridge explain {0}

2026-11-23 09:00:02 UTC  feedback updated  by webhook
  update for T-1: matched
    update issue T-1 at tracker: sent 2026-11-23 09:00:02 UTC at the first try
  more: bridge explain {1}

2026-11-23 09:00:01 UTC  feedback created  by webhook
  task: matched
    create issue at tracker: sent 2026-11-23 09:00:01 UTC at the first try: T-1
      https://tracker.test/T-1
    post at chat, once task is there: taken by chat 2026-11-23 09:00:01 UTC at
      the first try; chat does not confirm that it is shown
  more: bridge explain {2}
"""


@pytest.fixture
def told(town: Town) -> Town:
    """A case that became a task, got another title, and then another product."""
    town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    town.settle()
    town.case("1", Title="Reboots at night")
    town.settle()
    town.case("1", Product="Router")
    town.settle()
    return town


def test_the_page_of_a_record_tells_its_events_newest_first_each_in_short(told: Town) -> None:
    page = told.story("00004711").text

    assert page == PAGE.format(*(row.id for row in reversed(told.events("feedback"))))


def test_one_rule_alone_is_told_of_every_event(told: Town) -> None:
    page = told.story("00004711", rule="task").text

    assert "update for T-1" not in page
    assert "  task: not asked: it waits for feedback created, and this is feedback updated" in page
    assert "  task: matched\n" in page


def test_only_the_newest_events_are_told_and_that_there_are_more(told: Town) -> None:
    found = told.story("00004711", limit=1)

    assert [one.event.id for one in found.events] == [told.events("feedback")[-1].id]
    assert "There is more: bridge events --subject crm:Case:1, or --limit\n" in found.text


def test_the_far_end_names_where_it_comes_from_as_people_call_it(told: Town) -> None:
    told.issue("1", key="T-1", status="todo")
    told.settle()

    page = told.story("T-1").text

    assert "  linked    as task with 00004711, since 2026-11-23 09:00:01 UTC\n" in page


def test_what_is_not_over_stands_above_what_happened(small_town: Town) -> None:
    small_town.tracker.refusals.append(PermanentError("no project T", code="400"))
    small_town.case("1", Number="00004711", Title="Reboots", Severity="Critical")
    small_town.settle()

    found = small_town.story("00004711")
    said = " ".join(found.text.split())

    assert "as task with a record to come, it is still being made" in said
    assert "Not over: task, card: post at chat: dead" in said
    assert said.index("task, task: create issue at tracker: dead") < said.index("What happened")
    assert f"→ bridge replay {small_town.deliveries()[0].id}" in said
    assert len(found.open) == 2


def test_a_record_that_was_deleted_and_its_dead_link_say_so(told: Town) -> None:
    told.clock.advance(1)
    told.tell("crm", {"object": "Case", "id": "1", "act": "deleted"})
    told.settle()

    page = told.story("00004711").text

    assert "  deleted   2026-11-23 09:00:04 UTC\n" in page
    assert "since one end was deleted" in " ".join(page.split())


def test_what_names_nothing_is_nothing(told: Town) -> None:
    with told.database.reading() as session:
        assert explain_record(session, told.world, "no-such") is None
