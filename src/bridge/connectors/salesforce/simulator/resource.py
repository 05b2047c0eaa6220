"""The single-record resources: describe, create, read, update, delete, upsert by external id."""

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from bridge.connectors.salesforce.simulator import describe, files, rejection, render
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import ManyRecords, Rejection
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType, Row
from bridge.connectors.salesforce.simulator.trouble import Trouble
from bridge.connectors.salesforce.simulator.vendor import UPSERT_BODY_SINCE


def resources(org: Org, call: Call) -> Answer:
    """What hangs below the version."""
    names = ("sobjects", "query", "queryAll", "composite", "limits")
    return Answer(body={name: f"{call.root}/{name}" for name in names})


def limits(org: Org, call: Call) -> Answer:
    return Answer(body=org.allocation.limits())


def all_objects(org: Org, call: Call) -> Answer:
    return Answer(body=describe.everything(org.schema, call.root))


def object_summary(org: Org, call: Call, name: str) -> Answer:
    kind = org.schema.object_named(name)
    return Answer(body={"objectDescribe": describe.summary(kind, call.root), "recentItems": []})


def object_described(org: Org, call: Call, name: str) -> Answer:
    kind = org.schema.object_named(name)
    return Answer(body=describe.described(kind, call.root, org.record_types(kind.name)))


def create(org: Org, call: Call, name: str) -> Answer:
    kind = org.schema.object_named(name)
    if kind.name == files.VERSION:
        new = files.create(org, call.fields(), by=call.by)
    else:
        new = org.records.insert(kind, call.fields(), by=call.by)
    return Answer(
        status=201,
        body=created_body(new),
        headers={"Location": f"{call.root}/sobjects/{kind.name}/{new}"},
    )


def read(org: Org, call: Call, name: str, record: str) -> Answer:
    kind = org.schema.object_named(name)
    return _shown(call, kind, org.records.live(kind, record))


def update(org: Org, call: Call, name: str, record: str) -> Answer:
    kind = org.schema.object_named(name)
    _refuse_if_moved(call, org.records.live(kind, record))
    org.records.update(kind, record, call.fields(), by=call.by)
    return Answer(status=204)


def delete(org: Org, call: Call, name: str, record: str) -> Answer:
    kind = org.schema.object_named(name)
    files.refuse_version(kind.name)
    org.records.delete(kind, record, by=call.by)
    if kind.name == files.DOCUMENT:
        files.gone(org, record, by=call.by)
    return Answer(status=204)


def read_external(org: Org, call: Call, name: str, field: str, value: str) -> Answer:
    kind = org.schema.object_named(name)
    try:
        found = org.records.found(kind, org.records.external_field(kind, field), value)
    except ManyRecords as many:
        return _several(call, kind, many)
    if found is None:
        raise rejection.no_resource()
    return _shown(call, kind, org.records.live(kind, found))


def delete_external(org: Org, call: Call, name: str, field: str, value: str) -> Answer:
    kind = org.schema.object_named(name)
    found = org.records.found(kind, org.records.external_field(kind, field), value)
    if found is None:
        raise rejection.no_resource()
    org.records.delete(kind, found, by=call.by)
    return Answer(status=204)


def upsert(org: Org, call: Call, name: str, field: str, value: str) -> Answer:
    """201 created, 200 updated (204 before v46), 300 with addresses when several match."""
    kind = org.schema.object_named(name)
    key = org.records.external_field(kind, field)
    _refuse_key_in_body(key, call.fields())
    try:
        found = org.records.found(kind, key, value)
    except ManyRecords as many:
        return _several(call, kind, many)
    if found is None and call.params.get("updateOnly") == "true":
        raise rejection.no_resource()
    return _upserted(org, call, kind, key, value)


def _upserted(org: Org, call: Call, kind: ObjectType, key: Field, value: str) -> Answer:
    done = org.records.upsert(kind, key, value, call.fields(), by=call.by)
    if done.created and org.troubles.strikes(Trouble.CLASH, call.path):
        refusal = rejection.clashed(key.name, done.id)
        return Answer(status=refusal.status, body=refusal.body())
    if not done.created and call.version < UPSERT_BODY_SINCE:
        return Answer(status=204)
    body = {**created_body(done.id), "created": done.created}
    return Answer(status=201 if done.created else 200, body=body)


def created_body(record_id: str) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": []}


def _shown(call: Call, kind: ObjectType, row: Row) -> Answer:
    since = _http_date(call.headers.get("if-modified-since"))
    if since is not None and row["SystemModstamp"] <= since:
        return Answer(status=304)
    names = [name for name in call.params.get("fields", "").split(",") if name]
    stamp = format_datetime(row["SystemModstamp"], usegmt=True)
    return Answer(body=render.record(kind, row, call.root, names), headers={"Last-Modified": stamp})


def _several(call: Call, kind: ObjectType, many: ManyRecords) -> Answer:
    urls = [f"{call.root}/sobjects/{kind.name}/{each}" for each in many.ids]
    return Answer(status=300, body=urls)


def _refuse_key_in_body(key: Field, body: dict[str, Any]) -> None:
    if any(name.lower() == key.name.lower() for name in body):
        text = f"The {key.name} field should not be specified in the sobject data."
        raise Rejection("INVALID_FIELD", text, fields=(key.name,))


def _refuse_if_moved(call: Call, row: Row) -> None:
    """`If-Unmodified-Since` is an optimistic lock, to the second."""
    since = _http_date(call.headers.get("if-unmodified-since"))
    if since is not None and row["SystemModstamp"].replace(microsecond=0) > since:
        text = "Entity was modified since the given time"
        raise Rejection("PRECONDITION_FAILED", text, status=412)


def _http_date(text: str | None) -> datetime | None:
    """A header that is no date counts as not sent."""
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
