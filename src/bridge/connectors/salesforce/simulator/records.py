"""The verbs on records: insert, update, delete, undelete, upsert, with the vendor's rules."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.clock import Clock
from bridge.connectors.salesforce.simulator import rejection
from bridge.connectors.salesforce.simulator.change import Act, Change
from bridge.connectors.salesforce.simulator.identifier import canonical, record_id
from bridge.connectors.salesforce.simulator.intake import Intake, refuse_missing
from bridge.connectors.salesforce.simulator.rejection import ManyRecords, Rejection
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Row, Schema, Type
from bridge.connectors.salesforce.simulator.table import Tables
from bridge.connectors.salesforce.simulator.vendor import DUPLICATE_NAMES_ID_CHARS

_FIRST_CASE_NUMBER = 1_001


@dataclass(frozen=True)
class Upserted:
    id: str
    created: bool


class Records:
    """All verbs take the object, then the id or the values, and who does it. Raise `Rejection`."""

    def __init__(
        self, schema: Schema, tables: Tables, *, clock: Clock, resolution: timedelta, serial: int
    ) -> None:
        self.schema = schema
        self.tables = tables
        self._intake = Intake(schema, tables)
        self._clock = clock
        self._resolution = resolution
        self._serials: dict[str, int] = defaultdict(lambda: serial)
        self.held: set[str] = set()  # records whose row somebody else keeps locked

    def now(self) -> datetime:
        """The wall clock as stamps show it."""
        return self._stamped(self._clock.now())

    def insert(self, kind: ObjectType, values: Mapping[str, Any], *, by: str) -> str:
        """The new record's id."""
        if not kind.createable:
            text = f"entity type {kind.name} does not support create"
            raise Rejection("INVALID_TYPE_FOR_OPERATION", text)
        return self.seed(kind, self._intake.created(kind, values), by=by)

    def seed(self, kind: ObjectType, values: Mapping[str, Any], *, by: str) -> str:
        """Put a record past the createable checks: users, record types, what an org begins with."""
        refuse_missing(kind, values)
        with self.tables.transaction():
            new = self._next_id(kind)
            now = self.now()
            fresh = {
                **{each.name: each.default for each in kind},
                **self._numbered(kind), **self._resolved(kind, values), "Id": new,
                "IsDeleted": False, "CreatedDate": now, "CreatedById": by or new,
            }  # fmt: skip
            if "OwnerId" in fresh:
                fresh["OwnerId"] = fresh["OwnerId"] or by
            self._write(kind, {}, fresh, act=Act.CREATED, by=by or new)
        return new

    def update(self, kind: ObjectType, record: str, values: Mapping[str, Any], *, by: str) -> None:
        """A write that changes no value still moves the stamps and fires what hangs on writes."""
        with self.tables.transaction():
            before = self.live(kind, record)
            if before["Id"] in self.held:
                raise rejection.locked(before["Id"])
            taken = self._resolved(kind, self._intake.updated(kind, values))
            self._write(kind, before, {**before, **taken}, act=Act.UPDATED, by=by)

    def delete(self, kind: ObjectType, record: str, *, by: str) -> None:
        with self.tables.transaction():
            before = self.live(kind, record)
            self._write(kind, before, {**before, "IsDeleted": True}, act=Act.DELETED, by=by)

    def undelete(self, kind: ObjectType, record: str, *, by: str) -> None:
        """Out of the recycle bin. Refused when a unique value has been taken since."""
        with self.tables.transaction():
            before = self.any(kind, record)
            if not before["IsDeleted"]:
                raise Rejection("UNDELETE_FAILED", "Entity is not in the recycle bin")
            self._write(kind, before, {**before, "IsDeleted": False}, act=Act.UNDELETED, by=by)

    def merge(self, kind: ObjectType, winner: str, loser: str, *, by: str) -> None:
        """The loser goes to the recycle bin and names the winner, whose stamps move, and what is below it
        goes to the winner (Apex guide, merging records).
        """
        with self.tables.transaction():
            kept, lost = self.live(kind, winner), self.live(kind, loser)
            gone = {**lost, "IsDeleted": True, "MasterRecordId": kept["Id"]}
            self._write(kind, lost, gone, act=Act.DELETED, by=by)
            self._write(kind, kept, dict(kept), act=Act.UPDATED, by=by)
            self._hand_over(kind, lost["Id"], heir=kept["Id"], by=by)

    def _hand_over(self, kind: ObjectType, parent: str, *, heir: str, by: str) -> None:
        """Where a file was first published stays as it was."""
        for below in self.schema:
            names = [one.name for one in below if one.reference_to == (kind.name,)]
            for name in {*names} - {"MasterRecordId", "FirstPublishLocationId"}:
                for row in self.tables.rows(below):
                    if row[name] == parent and not row["IsDeleted"]:
                        self._write(below, row, {**row, name: heir}, act=Act.UPDATED, by=by)

    def upsert(
        self, kind: ObjectType, field: Field, value: str, values: Mapping[str, Any], *, by: str
    ) -> Upserted:
        """Create or update the record whose external id is `value`. Raises `ManyRecords` too."""
        with self.tables.transaction():
            found = self.found(kind, field, value)
            if found is None:
                return Upserted(self.insert(kind, {**values, field.name: value}, by=by), True)
            self.update(kind, found, values, by=by)
            return Upserted(found, False)

    def found(self, kind: ObjectType, field: Field, value: str) -> str | None:
        """The id behind an external id. Several raise `ManyRecords`."""
        ids = self.tables.ids_with(kind, field, value.strip())
        if len(ids) > 1:
            raise ManyRecords(ids)
        return ids[0] if ids else None

    def external_field(self, kind: ObjectType, name: str) -> Field:
        """The field of an upsert's path."""
        field = kind.find(name)
        if field is None or not field.finds:
            raise rejection.no_external_field(name)
        return field

    def any(self, kind: ObjectType, record: str) -> Row:
        """The row behind an id of either length, deleted or not."""
        long = canonical(record)
        if long is None or not long.startswith(kind.prefix):
            raise Rejection("MALFORMED_ID", f"bad id {record}", fields=("Id",))
        row = self.tables.row(kind, long)
        if row is None:
            raise rejection.no_resource()
        return row

    def live(self, kind: ObjectType, record: str) -> Row:
        row = self.any(kind, record)
        if row["IsDeleted"]:
            raise rejection.deleted()
        return row

    def _write(self, kind: ObjectType, before: Row, after: Row, *, act: Act, by: str) -> None:
        now = self.now()
        stamped = kind.derive(
            {**after, "LastModifiedDate": now, "LastModifiedById": by, "SystemModstamp": now}
        )
        if not stamped["IsDeleted"]:
            self._refuse_twins(kind, stamped)
        self.tables.put(
            kind,
            Change(
                object=kind.name, id=stamped["Id"], act=act, before=before, after=stamped,
                by=by, at=now,
            ),
        )  # fmt: skip

    def _refuse_twins(self, kind: ObjectType, row: Row) -> None:
        for field in kind:
            value = row.get(field.name)
            if not field.unique or value is None:
                continue
            for other in self.tables.ids_with(kind, field, str(value)):
                if other != row["Id"]:
                    raise _duplicate(field, other)

    def _resolved(self, kind: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
        """Times cut to what the database stores."""
        times = {each.name for each in kind if each.type is Type.DATETIME}
        return {
            name: self._stamped(value) if name in times and value is not None else value
            for name, value in values.items()
        }

    def _stamped(self, moment: datetime) -> datetime:
        since = timedelta(microseconds=moment.microsecond, seconds=moment.second)
        return moment - since % self._resolution

    def _next_id(self, kind: ObjectType) -> str:
        self._serials[kind.name] += 1
        return record_id(kind.prefix, self._serials[kind.name])

    def _numbered(self, kind: ObjectType) -> dict[str, str]:
        number = _FIRST_CASE_NUMBER + len(self.tables.rows(kind))
        return {each.name: f"{number:08d}" for each in kind if each.auto_number}


def _duplicate(field: Field, other: str) -> Rejection:
    short = other[:DUPLICATE_NAMES_ID_CHARS]
    text = f"duplicate value found: {field.name} duplicates value on record with id: {short}"
    return Rejection("DUPLICATE_VALUE", text, fields=())
