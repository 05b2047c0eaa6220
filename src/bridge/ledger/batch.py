"""New events of one transaction: what is known while they are found, and the rows still to be written."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from bridge.canonical.event import Change, Event
from bridge.db import table_of
from bridge.ledger import latest
from bridge.ledger.known import Known
from bridge.ledger.latest import Latest
from bridge.ledger.tables import ChangeRow, EventRow, SeenEventRow
from bridge.rows import put

Row = dict[str, Any]
_SEEN = select(table_of(SeenEventRow).c.event_id).where(
    table_of(SeenEventRow).c.event_id.in_(bindparam("ids", expanding=True))
)
_IDENTITIES = insert(table_of(SeenEventRow))
_EVENTS = insert(table_of(EventRow))
_CHANGES = insert(table_of(ChangeRow))


class Batch:
    """Keeps records, events, changes and identities back until `write`: each table is written once.

    The caller holds the locks of all subjects until the transaction ends: nobody else can bring
    the same event meanwhile.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.known = Known(session)
        self._records: dict[str, Latest] = {}  # that changed
        self._events: dict[str, Row] = {}
        self._changes: list[Row] = []
        self._new: dict[str, Row] = {}  # identities
        self._seen: dict[
            str, bool
        ] = {}  # identities that were looked for, and whether they were there

    def foresee(self, ids: Collection[str]) -> None:
        """Look at once which of these events were seen before: they may come up."""
        missing = sorted(set(ids) - self._seen.keys())
        if not missing:
            return
        there = set(self.session.scalars(_SEEN, {"ids": missing}))
        self._seen |= {one: one in there for one in missing}

    def first_time(self, new: Event, *, now: datetime) -> bool:
        """Whether this event was never seen before. From now on it was."""
        self.foresee([new.id])
        if self._seen[new.id]:
            return False
        self._seen[new.id] = True
        self._new[new.id] = {"event_id": new.id, "seen_at": now}
        return True

    def keep(self, record: Latest) -> None:
        """This is how a record stands now."""
        self.known.add_record(record)
        self._records[record.ref] = record

    def add(self, new: Event, *, source: str | None, message_id: str | None) -> None:
        """Keep an event and its changes."""
        self._events[new.id] = _event_row(new, source, message_id)
        self._changes += [_change_row(new, change) for change in new.changes]

    def decided(self, new: Event, **decided: Any) -> None:
        """Complete an event with its facts, the version of the rules, and how many it met."""
        self._events[new.id] |= decided

    def told(self, record: str) -> list[tuple[str, Any]]:
        """Field and value after each change of a record that is kept back still."""
        mine = (row for row in self._changes if row["record"] == record)
        return [(row["field"], row["after"]) for row in mine]

    def changed_at(self, record: str, field: str) -> datetime | None:
        """When the newest change of a field that is kept back still was made."""
        mine = (row for row in self._changes if (row["record"], row["field"]) == (record, field))
        return max((row["at"] for row in mine), default=None)

    def settled(self) -> Session:
        """The session, for a query that must find what was added."""
        self.write()
        return self.session

    def write_records(self) -> None:
        """Write those that changed, for a query that asks which are deleted."""
        latest.write(self.session, list(self._records.values()))
        self._records = {}

    def write(self) -> None:
        """Write what was kept back: identities and records sorted, the rest in the order it came."""
        self.write_records()
        for statement, rows in (
            (_IDENTITIES, [self._new[one] for one in sorted(self._new)]),
            (_EVENTS, list(self._events.values())),
            (_CHANGES, self._changes),
        ):
            if rows:
                put(self.session, statement, rows)
        self._new, self._events, self._changes = {}, {}, []


def _event_row(new: Event, source: str | None, message_id: str | None) -> Row:
    return {
        "id": new.id,
        "connection": new.connection,
        "subject": str(new.subject),
        "kind": new.kind,
        "version": new.version,
        "occurred_at": new.occurred_at,
        "recorded_at": new.recorded_at,
        "origin": new.origin,
        "actor": new.actor.model_dump(mode="json") if new.actor else None,
        "actor_kind": new.actor.kind if new.actor else None,
        "department": new.department,
        "customer": new.customer,
        "project": new.project,
        "record": dict(new.record),
        "changes": [change.model_dump(mode="json") for change in new.changes],
        "facts": dict(new.facts),
        "schema_version": new.schema_version,
        "stale": new.stale,
        "message_id": message_id,
        "source": source,
        "rule_version": None,
        "matched": None,
        "considered": None,
    }


def _change_row(new: Event, change: Change) -> Row:
    return {
        "record": str(new.subject),
        "kind": new.record_kind,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "at": new.occurred_at,
        "actor": new.actor.id if new.actor else None,
        "event_id": new.id,
    }
