"""Many rows in one statement are the rows that would have gone one by one, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, delete, func, insert, select

from bridge.access.tables import RepeatableRow
from bridge.db import Database, table_of
from bridge.ledger.tables import ChangeRow
from bridge.rows import change, put

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
CHANGES = table_of(ChangeRow)
INSERT = insert(CHANGES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def row(**values: Any) -> dict[str, Any]:
    plain = {"record": "r", "kind": "k", "field": "f", "before": None, "after": None}
    return {**plain, "at": NOW, "actor": None, "event_id": "e", **values}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.text(max_size=9), JSON), min_size=1, max_size=5))
def test_rows_at_once_are_the_rows_one_by_one(
    database: Database, values: list[tuple[str, Any]]
) -> None:
    rows = [row(record=text, after=value) for text, value in values]
    kept = []
    for together in (True, False):
        with database.transaction() as session:
            session.execute(delete(CHANGES))
            if together:
                put(session, INSERT, rows)
            else:
                session.execute(INSERT, rows)
            found = select(CHANGES.c.record, CHANGES.c.before, CHANGES.c.after, CHANGES.c.at)
            kept.append([tuple(one) for one in session.execute(found.order_by(CHANGES.c.seq))])

    assert kept[0] == kept[1]


def test_serial_numbers_follow_the_order_of_the_rows(database: Database) -> None:
    names = [f"{(7 * number) % 100:02}" for number in range(100)]

    with database.transaction() as session:
        put(session, INSERT, [row(record=name) for name in names])
        found = session.scalars(select(CHANGES.c.record).order_by(CHANGES.c.seq)).all()

    assert list(found) == names


def test_a_time_of_another_zone_is_the_same_moment(database: Database) -> None:
    with database.transaction() as session:
        put(session, INSERT, [row(at=NOW.astimezone(timezone(timedelta(hours=8))))])

        assert session.scalars(select(CHANGES.c.at)).one() == NOW


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = [row(at=NOW.replace(tzinfo=None))]

    with pytest.raises(Exception, match="without a zone"), database.transaction() as session:
        put(session, INSERT, naive)


def test_a_column_may_be_made_of_those_of_its_row(database: Database) -> None:
    """And of what was there before the statement."""

    def counted(given: Any) -> dict[str, Any]:
        before = select(func.max(CHANGES.c.kind)).where(CHANGES.c.record == given["record"])
        return {"kind": func.coalesce(before.scalar_subquery(), "first ") + given["field"]}

    rows = [{name: value for name, value in row().items() if name != "kind"}]
    with database.transaction() as session:
        for _ in range(2):
            put(session, INSERT, rows, counted)

        assert session.scalars(select(CHANGES.c.kind)).all() == ["first f", "first ff"]


def test_rows_with_bytes_go_as_they_are(database: Database) -> None:
    body = bytes(range(256))
    kept = {"identity": "a", "fingerprint": "f", "status": 200, "body": body, "expires_at": NOW}

    with database.transaction() as session:
        put(session, insert(table_of(RepeatableRow)), [kept])

        assert session.scalars(select(RepeatableRow.body)).one() == body


def test_each_row_is_changed_by_its_own_values(database: Database) -> None:
    with database.transaction() as session:
        put(session, INSERT, [row(record=name) for name in "abc"])
        found = session.execute(select(CHANGES.c.record, CHANGES.c.seq))
        seqs = {one.record: one.seq for one in found}
        told = [
            {"after": {"n": 1}, "seq": seqs["a"], "actor": "x\x00"},
            {"after": None, "seq": seqs["c"], "actor": None},
        ]
        change(session, CHANGES, told, key="seq")
        columns = CHANGES.c.record, CHANGES.c.after, CHANGES.c.actor
        kept = [tuple(one) for one in session.execute(select(*columns).order_by(CHANGES.c.seq))]

    mark = "x\N{REPLACEMENT CHARACTER}"
    assert kept == [("a", {"n": 1}, mark), ("b", None, None), ("c", None, None)]


def test_a_default_that_would_be_the_same_in_each_row_is_refused(
    postgres_database: Database,
) -> None:
    made = Table("made", MetaData(), Column("a", String), Column("b", String, default=object))

    with (
        postgres_database.transaction() as session,
        pytest.raises(TypeError, match="b would be the same"),
    ):
        put(session, insert(made), [{"a": "1"}])
