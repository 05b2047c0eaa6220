"""The past of records: that they were made, and what field history tracking has kept of them.

Tracking is switched on by object and field, keeps up to two years, and writes one row a field, with
no values for long texts, of others at most 255 characters. Of a lookup it keeps two rows, of names and
of ids, which no source reads: those say nothing here (Salesforce, object reference, CaseHistory). That
no other object holds history is an assumption.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.history import Moved, Past
from bridge.connectors.salesforce.client import SalesforceClient
from bridge.connectors.salesforce.ids import full_id
from bridge.connectors.salesforce.paths import api_name
from bridge.connectors.salesforce.quoting import format_soql
from bridge.connectors.salesforce.snapshots import actor
from bridge.connectors.salesforce.times import moment
from bridge.errors import Malformed, PermanentError

FIELDS = ("CreatedById",)
BATCH = 200  # ids of 18 characters, quoted and encoded, make 5.5 kB of the 16 kB a URL may have
_OFF = frozenset(
    {"INVALID_TYPE", "INVALID_FIELD"}
)  # nothing of this object is tracked, or to be seen
_ODD = {"Opportunity": "OpportunityFieldHistory"}
_MADE = "created"  # the row that a new record gets


def history(
    client: SalesforceClient, object_name: str, snapshots: Sequence[Snapshot]
) -> Mapping[Ref, Sequence[Past]]:
    """One call for 200 records, and more for long histories. Raises DeliveryErrors."""
    found: dict[Ref, list[Past]] = {one.ref: [] for one in snapshots}
    by_id = {one.ref.id: one.ref for one in snapshots}
    for start in range(0, len(snapshots), BATCH):
        ids = [one.ref.id for one in snapshots[start : start + BATCH]]
        for record_id, entry in _rows(client, object_name, ids):
            found[by_id[record_id]].append(entry)
    return {one.ref: [*found[one.ref], *_made(client, one)] for one in snapshots}


def _rows(
    client: SalesforceClient, object_name: str, ids: Sequence[str]
) -> Iterator[tuple[str, Past]]:
    table, parent = _table(object_name)
    columns = f"Id, {parent}, Field, OldValue, NewValue, CreatedById, CreatedDate"
    soql = (
        f"SELECT {columns} FROM {table} WHERE {parent} IN {{}} ORDER BY CreatedDate DESC, Id DESC"  # noqa: S608
    )
    try:
        for row in client.query(format_soql(soql, list(ids))):
            if row.get("Field") != _MADE:
                yield full_id(str(row.get(parent))), _entry(client, row)
    except PermanentError as error:
        if error.code not in _OFF:
            raise


def _entry(client: SalesforceClient, row: Mapping[str, Any]) -> Past:
    at = moment(row.get("CreatedDate"))
    if at is None:
        raise Malformed("a row of a history without CreatedDate")
    line = Moved(field=str(row.get("Field")), before=row.get("OldValue"), after=row.get("NewValue"))
    by = {"LastModifiedById": row.get("CreatedById")}
    return Past(
        version=full_id(str(row.get("Id"))), at=at, moved=(line,), actor=actor(client.settings, by)
    )


def _made(client: SalesforceClient, shown: Snapshot) -> Sequence[Past]:
    if shown.created_at is None:
        return ()
    by = actor(client.settings, {"LastModifiedById": shown.fields.get("CreatedById")})
    return [Past(act=Act.CREATED, version="", at=shown.created_at, actor=by)]


def _table(object_name: str) -> tuple[str, str]:
    """Where an object's history is, and the field that names the record."""
    name = api_name(object_name)
    if name.endswith("__c"):
        return f"{name.removesuffix('__c')}__History", "ParentId"
    return _ODD.get(name, f"{name}History"), f"{name}Id"
