"""Two neighbouring versions share one database while nodes are replaced, so a migration only adds.

What the older version reads stays, what it does not write fills itself, and what it writes is taken.
Taking something away is a migration of a later version; it is named here with why nobody misses it.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from bridge.db import Database
from bridge.schema import config

FLOOR = "0008"  # up to here one migration took an index and a table apart; nobody ran two nodes yet
TAKEN_AWAY: dict[str, str] = {}  # revision -> since which version nothing reads or writes it
# Revision -> what an older node may write that is refused from then on, and what becomes of it.
NARROWED = {
    "0024": "a second link of relation `mirrors` at a record, which no mapping that was shipped makes:"
    " the message that asks for it is applied by a node of the new version, which says why it is dead",
}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Of one database: columns by table, and what must be unique in each."""

    columns: dict[str, dict[str, Any]]
    uniques: dict[str, set[tuple[str, ...]]]

    @classmethod
    def of(cls, database: Database) -> "Shape":
        found = inspect(database.engine)
        tables = set(found.get_table_names()) - {"alembic_version"}
        return cls(
            columns={
                table: {column["name"]: column for column in found.get_columns(table)}
                for table in tables
            },
            uniques={
                table: {
                    tuple(str(name) for name in index["column_names"])
                    for index in found.get_indexes(table)
                    if index["unique"]
                }
                for table in tables
            },
        )


def missed(before: Shape, after: Shape) -> list[str]:
    """What a node that knows only `before` stumbles over."""
    faults = []
    for table, columns in before.columns.items():
        now = after.columns.get(table)
        if now is None:
            faults.append(f"{table} is gone")
            continue
        faults += [f"{table}.{name} is gone" for name in columns.keys() - now.keys()]
        faults += [f"{table}: {fault}" for fault in _changed(columns, now)]
        more = after.uniques[table] - before.uniques[table]
        faults += [f"{table}: {columns} must be unique now" for columns in sorted(more)]
    return sorted(faults)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    faults = []
    for name, column in after.items():
        old = before.get(name)
        fills_itself = column["nullable"] or column["default"] is not None
        if old is None and not fills_itself:
            faults.append(f"{name} is new and must be given")
        if old is not None and old["nullable"] and not column["nullable"]:
            faults.append(f"{name} must not be null now")
        if old is not None and str(old["type"]) != str(column["type"]):
            faults.append(f"{name} was {old['type']} and is {column['type']}")
    return faults


def test_every_migration_only_adds(empty_database: Database) -> None:
    scripts = ScriptDirectory.from_config(config(empty_database))
    steps = [script.revision for script in scripts.iterate_revisions("head", FLOOR)][::-1]
    command.upgrade(config(empty_database), FLOOR)
    faults = {}
    for revision in steps:
        before = Shape.of(empty_database)
        command.upgrade(config(empty_database), revision)
        faults[revision] = missed(before, Shape.of(empty_database))

    wrong = {
        name: one for name, one in faults.items() if one and name not in {**TAKEN_AWAY, **NARROWED}
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("ALTER TABLE follow_up DROP COLUMN reason", "follow_up.reason is gone"),
        ("ALTER TABLE follow_up RENAME COLUMN reason TO why", "follow_up.reason is gone"),
        ("DROP TABLE follow_up", "follow_up is gone"),
        ("CREATE UNIQUE INDEX one ON follow_up (reason)", "('reason',) must be unique now"),
        ("ALTER TABLE message ALTER body SET NOT NULL", "message: body must not be null now"),
        ("ALTER TABLE message ALTER size TYPE bigint", "message: size was INTEGER and is BIGINT"),
        ("ALTER TABLE message ADD more text NOT NULL", "message: more is new and must be given"),
    ],
)
def test_what_an_older_node_would_stumble_over_is_seen(
    postgres_database: Database, change: str, fault: str
) -> None:
    before = Shape.of(postgres_database)
    with postgres_database.engine.begin() as connection:
        connection.exec_driver_sql(change)

    assert any(fault in found for found in missed(before, Shape.of(postgres_database)))
