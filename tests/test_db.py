"""The database: transactions, times and JSON come back the same from both kinds."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import String, func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from bridge.access.tables import ApiKeyRow, AuditRow, RepeatableRow
from bridge.db import Base, Database, insert_once

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)


def audit(**values: Any) -> AuditRow:
    given = {"at": NOW, "principal": "ann", "role": "admin", "verb": "replay", "target": "x"}
    return AuditRow(**{**given, **values})


def key(identity: str) -> dict[str, Any]:
    return {
        "id": identity,
        "name": identity,
        "role": "viewer",
        "hash": identity,
        "created_at": NOW,
    }


def test_every_table_is_there(database: Database) -> None:
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add_all([ApiKeyRow(**key("a")), ApiKeyRow(**key("a"))])

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ApiKeyRow)) == 0


def test_text_that_postgresql_refuses_is_replaced_on_both(database: Database) -> None:
    with database.transaction() as session:
        session.add(audit(target="a\x00b\ud800", reason="\ud800\x00"))

    with database.reading() as session:
        target, reason = session.execute(select(AuditRow.target, AuditRow.reason)).one()
        again = session.scalars(select(AuditRow.at).where(AuditRow.target == "a\x00b\ud800")).one()
    assert (target, reason) == ("a\N{REPLACEMENT CHARACTER}b?", "?\N{REPLACEMENT CHARACTER}")
    assert again == NOW


def test_no_column_takes_text_that_one_of_the_databases_refuses() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]

    assert [str(column) for column in columns if isinstance(column.type, String)] == []


def test_a_time_comes_back_aware_and_in_utc(database: Database) -> None:
    in_shanghai = NOW.astimezone(timezone(timedelta(hours=8)))

    with database.transaction() as session:
        session.add(audit(at=in_shanghai))

    with database.reading() as session:
        found = session.scalars(select(AuditRow.at)).one()
    assert found == NOW
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(Exception, match="without a zone"), database.transaction() as session:
        session.add(audit(at=naive))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": [1, 2.5, True, None, "ü 中 🙂"]}, {"a": [1, 2.5, True, None, "ü 中 🙂"]}),
        ("text", "text"),
        ({"nul\x00": "a\x00b"}, {"nul\ufffd": "a\ufffdb"}),
        (["\ud800"], ["?"]),
        (None, None),
    ],
)
def test_json_comes_back_as_it_went_in(database: Database, value: Any, kept: Any) -> None:
    with database.transaction() as session:
        session.add(audit(difference=value))

    with database.reading() as session:
        assert session.scalars(select(AuditRow.difference)).one() == kept


def test_no_json_is_null_in_the_database(database: Database) -> None:
    with database.transaction() as session:
        session.add(audit(difference=None))

    with database.reading() as session:
        found = session.scalars(select(AuditRow.seq).where(AuditRow.difference.is_(None))).all()
    assert len(found) == 1


def test_insert_once_tells_what_was_new(database: Database) -> None:
    with database.transaction() as session:
        first = insert_once(session, ApiKeyRow, [key("b"), key("a"), key("b")], key="id")
    with database.transaction() as session:
        second = insert_once(session, ApiKeyRow, [key("a"), key("c")], key="id")

    assert first == {"a", "b"}
    assert second == {"c"}


def test_insert_once_takes_bytes(database: Database) -> None:
    row = {"identity": "a", "fingerprint": "f", "status": 0, "body": b"\x00{", "expires_at": NOW}

    with database.transaction() as session:
        first = insert_once(session, RepeatableRow, [row], key="identity")
        again = insert_once(session, RepeatableRow, [row], key="identity")

    with database.reading() as session:
        body = session.scalar(select(RepeatableRow.body))
    assert (first, again, body) == ({"a"}, set(), b"\x00{")


def test_insert_once_of_nothing_is_nothing(database: Database) -> None:
    with database.transaction() as session:
        assert insert_once(session, ApiKeyRow, [], key="id") == set()


def test_writers_of_one_process_wait_for_each_other(database: Database) -> None:
    failed: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(10):
                with database.transaction() as session:
                    session.add(audit())
        except Exception as error:  # noqa: BLE001  (any error of a thread must fail the test)
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 80


def test_the_database_has_a_time_of_its_own(database: Database) -> None:
    with database.reading() as session:
        first, second = database.now(session), database.now(session)

    assert first.tzinfo is not None
    assert first <= second


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_commit_waits_for_the_disk_unless_it_is_hasty(database: Database) -> None:
    """FULL is 2, NORMAL is 1: https://www.sqlite.org/pragma.html#pragma_synchronous"""
    asked = text("PRAGMA synchronous")

    with database.transaction(hasty=True) as session:
        hasty = session.scalar(asked)
    with database.transaction() as session:  # the connection that was hasty a moment ago
        durable = session.scalar(asked)

    assert (hasty, durable) == (1, 2)
