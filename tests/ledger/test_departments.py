"""Departments in the ledger: kept with the event, and never a change of the record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.kind import standard
from bridge.canonical.ref import Ref
from bridge.db import Database
from bridge.ledger import store
from bridge.ledger.sighting import Context, Sighting

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CONTEXT = Context(now=NOW, kinds=standard())


@pytest.fixture
def sighting() -> Sighting:
    """Work as it is first seen, with somebody of engineering on it."""
    return Sighting(
        kind="work_item",
        source="s",
        ref=Ref("jira", "issue", "1"),
        act=Act.SEEN,
        occurred_at=NOW,
        stamp=NOW,
        origin=Origin.WEBHOOK,
        actor=Actor(id="a"),
        department="engineering",
        record={"title": "T", "assignee": {"id": "a", "department": "engineering"}},
    )


def test_an_event_keeps_the_department_of_that_day(database: Database, sighting: Sighting) -> None:
    with database.transaction() as session:
        applied = store.apply(session, sighting, CONTEXT)
    assert applied is not None
    with database.reading() as session:
        kept = store.event(session, applied.event.id)

    assert kept is not None
    assert kept.department == "engineering"
    assert store.as_event(kept) == applied.event


def test_somebody_who_is_put_elsewhere_has_not_changed_the_record(
    database: Database, sighting: Sighting
) -> None:
    moved = {"id": "a", "department": "support"}
    again = replace(
        sighting,
        stamp=NOW + timedelta(hours=1),
        record={"title": "T", "assignee": moved},
    )

    with database.transaction() as session:
        store.apply(session, sighting, CONTEXT)
        applied = store.apply(session, again, CONTEXT)
        record = store.record(session, "jira:issue:1")

    assert applied is None
    assert record is not None
    assert record.data["assignee"] == moved


def test_a_change_says_who_and_not_where_they_were(database: Database, sighting: Sighting) -> None:
    other = {"id": "b", "department": "unattributed"}
    later = replace(
        sighting, stamp=NOW + timedelta(hours=1), record={"title": "T", "assignee": other}
    )

    with database.transaction() as session:
        store.apply(session, sighting, CONTEXT)
        applied = store.apply(session, later, CONTEXT)

    assert applied is not None
    (change,) = applied.event.changes
    assert (change.field, change.before, change.after) == ("assignee", {"id": "a"}, {"id": "b"})
    assert applied.event.record["assignee"] == other
