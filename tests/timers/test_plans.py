"""What is asked of timers goes by indexes, however many there are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bridge.db import Database, table_of
from bridge.ledger.latest import comments_on, refs_after
from bridge.ledger.tables import RecordRow
from bridge.timers import store
from bridge.timers.tables import TimerRow
from clocks import START
from growth.plans import plans_of

MANY = 5_000


@pytest.fixture
def full(database: Database) -> Database:
    """Timers to come and a few that are due; comments on one record in ten."""
    hour = timedelta(hours=1)
    timers = [
        {"record": f"jira:issue:{n}", "rule": f"r{n % 7}", "event": "work.overdue", "since": START,
         "due_at": START + n * hour, "planned_at": START, "look_at": START + n * hour}
        for n in range(MANY)
    ]  # fmt: skip
    records: list[dict[str, Any]] = [
        {"ref": f"jira:issue:{n}", "kind": "work_item", "connection": "jira", "schema_version": 1,
         "data": {}, "ours": False, "seen_at": START, "updated_at": START,
         "parent": f"jira:issue:{n}" if n % 10 == 0 else None}
        for n in range(MANY)
    ]  # fmt: skip
    with database.transaction() as session:
        session.execute(insert(table_of(TimerRow)), timers)
        session.execute(insert(table_of(RecordRow)), records)
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    return database


@pytest.mark.parametrize(
    ("index", "look"),
    [
        ("ix_timer_look_at", lambda session: store.due(session, now=START, limit=50)),
        ("pk_timer", lambda session: store.of_records(session, ["jira:issue:1", "jira:issue:2"])),
        ("ix_timer_rule", lambda session: store.forget(session, "gone", limit=50)),
        ("ix_record_parent", lambda session: comments_on(session, ["jira:issue:10"])),
        ("pk_record", lambda session: refs_after(session, "jira:issue:10", limit=200)),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_each_look_goes_by_its_index(
    full: Database, index: str, look: Callable[[Session], object]
) -> None:
    with plans_of(full) as plans, full.transaction() as session:
        look(session)

    assert index in plans.indexes
    assert plans.whole.keys() & {"timer", "record"} == set()
