"""Facts: what is linked, and all work of one record as one line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.canonical.event import Act, Event
from bridge.db import Database
from bridge.ledger import links, store
from bridge.ledger.facts import Facts, facts
from bridge.ledger.known import Known
from bridge.ledger.rolling import USUAL, Rollup, rolled
from clocks import START
from ledger.sightings import CASE, ISSUE, at, context, seen, wanted

ORDER = ("todo", "in_progress", "done")
ITEMS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from(ORDER) | st.none(),
            "due": st.integers(0, 9).map(lambda day: at(day * 86_400).isoformat()) | st.none(),
        },
    )
)


@given(items=ITEMS)
def test_a_rollup_is_the_least_advanced_status_the_latest_date_and_how_many_are_done(
    items: list[dict[str, Any]],
) -> None:
    line = rolled((USUAL, item) for item in items)
    statuses = [item.get("status") or "todo" for item in items]
    dues = [item["due"] for item in items if item.get("due")]

    assert line.status == (min(statuses, key=ORDER.index) if items else None)
    assert (line.due.isoformat() if line.due else None) == max(dues, default=None)
    assert (line.done, line.total) == (statuses.count("done"), len(items))


@pytest.fixture
def issue(database: Database) -> Event:
    """One case with three issues: one done, one begun, one whose create is on its way."""
    with database.transaction() as session:
        store.apply(session, seen({"title": "Reboots", "number": "00001"}), context())
        for number, status, day in (("7", "done", 9), ("8", "in_progress", 3)):
            ref = ISSUE._replace(id=number)
            record = {"status": status, "due": at(day * 86_400).isoformat(), "key": f"ENG-{number}"}
            sighting = seen(record, kind="work_item", source="issues", ref=ref)
            applied = store.apply(session, sighting, context())
            links.adopt(
                session, wanted(role=f"r{number}"), right_ref=str(ref), now=at(int(number) - 9)
            )
        links.reserve(session, wanted(role="on-its-way"), now=at(1))
    assert applied is not None
    return applied.event


def test_an_issue_sees_its_case_and_the_line_of_the_cases_whole_work(
    database: Database, issue: Event
) -> None:
    with database.reading() as session:
        (case,) = facts(Known(session), issue, before=None, now=START).linked

    assert (case.kind, case.ref, case.connection, case.key) == (
        "feedback",
        str(CASE),
        "crm",
        "00001",
    )
    assert case.record["title"] == "Reboots"
    assert case.rollup == Rollup(status="todo", due=at(9 * 86_400), done=1, total=3)


def test_a_case_sees_its_issues_and_one_that_has_no_address_yet(
    database: Database, issue: Event
) -> None:
    with database.reading() as session:
        event = issue.model_copy(update={"subject": CASE, "kind": "feedback.updated"})
        found = facts(Known(session), event, before=None, now=START).linked

    assert [(one.role, one.ref) for one in found] == [
        ("r7", "jira:issue:7"),
        ("r8", "jira:issue:8"),
        ("on-its-way", None),
    ]
    assert [one.record.get("status") for one in found] == ["done", "in_progress", None]


def test_a_deleted_issue_counts_no_more(database: Database, issue: Event) -> None:
    with database.transaction() as session:
        gone = seen({}, second=5, kind="work_item", ref=issue.subject, act=Act.DELETED)
        applied = store.apply(session, gone, context())
        assert applied is not None
        (case,) = facts(Known(session), applied.event, before=None, now=START).linked

    assert (case.rollup.done, case.rollup.total) == (1, 2)


def test_dead_links_are_no_facts(database: Database, issue: Event) -> None:
    with database.transaction() as session:
        links.end_is_gone(session, str(issue.subject))
        found = facts(Known(session), issue, before=None, now=START)

    assert found.linked == ()


def test_facts_read_back_as_they_were_kept(database: Database, issue: Event) -> None:
    with database.reading() as session:
        known = facts(Known(session), issue, before={"status": "todo"}, now=START)

    assert Facts.from_json(known.as_json()) == known
