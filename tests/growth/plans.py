"""By what each statement finds its rows: the database is asked for the plan before it runs."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from bridge.db import Database
from bridge.schema import metadata

NAMED = re.compile(r"USING (?:COVERING )?INDEX (\w+)")
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(.*)")
PARTIAL = {
    str(index.name)
    for table in metadata().tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
# SQLite makes the index of a constraint itself: in the order in which they were declared.
OWN = {
    "sqlite_autoindex_ordering_key_1": "pk_ordering_key",
    "sqlite_autoindex_delivery_1": "uq_delivery_id",
    "sqlite_autoindex_event_1": "uq_event_id",
    "sqlite_autoindex_message_1": "uq_message_id",
    "sqlite_autoindex_decision_1": "uq_decision_id",
    "sqlite_autoindex_seen_1": "pk_seen",
    "sqlite_autoindex_message_seen_1": "pk_message_seen",
    "sqlite_autoindex_record_1": "pk_record",
    "sqlite_autoindex_timer_1": "pk_timer",
    "sqlite_autoindex_shadow_1": "pk_shadow",
    "sqlite_autoindex_link_1": "pk_link",
    "sqlite_autoindex_link_2": "uq_link_left_ref",
    "sqlite_autoindex_link_3": "uq_link_left_ref_right_ref",
}


@dataclass(kw_only=True)
class Plans:
    """Of all statements since it was made: the indexes that were used, and what was read whole."""

    indexes: set[str] = field(default_factory=set)
    whole: dict[str, str] = field(default_factory=dict)  # table -> the statement

    def add_sqlite(self, rows: Sequence[Any], statement: str) -> None:
        for row in rows:
            found = STEP.match(row[3])
            if found is None:
                continue
            how, alias, rest = found.groups()
            table = re.sub(r"_\d+$", "", alias)
            named = NAMED.search(rest)
            page = f"ORDER BY {table}.seq" in statement and "LIMIT" in statement
            if named:
                self.indexes.add(OWN.get(named[1], named[1]))
            elif "PRIMARY KEY" in rest or page:
                self.indexes.add(f"pk_{table}")
            if how == "SCAN" and not page and (named is None or named[1] not in PARTIAL):
                self.whole[table] = statement

    def add_postgresql(self, node: dict[str, Any], statement: str) -> None:
        if "Index Name" in node:
            self.indexes.add(node["Index Name"])
        if node["Node Type"] == "Seq Scan":
            self.whole[node["Relation Name"]] = statement
        for inner in node.get("Plans", ()):
            self.add_postgresql(inner, statement)


@contextmanager
def plans_of(database: Database) -> Iterator[Plans]:
    """What the statements of this block go by."""
    plans = Plans()

    def explain(_: Any, cursor: Any, statement: str, values: Any, __: Any, many: bool) -> None:
        if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)", statement):
            return
        asked = cursor.connection.cursor()
        first = values[0] if isinstance(values, list) else values  # insertmanyvalues gives one
        if database.is_sqlite:
            asked.execute(f"EXPLAIN QUERY PLAN {statement}", first)
            plans.add_sqlite(asked.fetchall(), statement)
            return
        asked.execute(f"EXPLAIN (FORMAT JSON) {statement}", first)
        plans.add_postgresql(asked.fetchone()[0][0]["Plan"], statement)

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)
