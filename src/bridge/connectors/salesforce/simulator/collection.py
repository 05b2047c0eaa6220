"""The collection resources: up to 200 records in one call, each answered in its place."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from bridge.connectors.salesforce.simulator import render
from bridge.connectors.salesforce.simulator.call import Answer, Call
from bridge.connectors.salesforce.simulator.identifier import canonical
from bridge.connectors.salesforce.simulator.intake import ATTRIBUTES
from bridge.connectors.salesforce.simulator.org import Org
from bridge.connectors.salesforce.simulator.rejection import (
    ManyRecords,
    Rejection,
    by_duplicate_rule,
    clashed,
    locked,
    no_resource,
)
from bridge.connectors.salesforce.simulator.resource import created_body
from bridge.connectors.salesforce.simulator.schema import Field, ObjectType
from bridge.connectors.salesforce.simulator.trouble import Trouble
from bridge.connectors.salesforce.simulator.vendor import (
    CHUNK_LIMIT,
    COLLECTION_LIMIT,
    COLLECTION_SINCE,
    COLLECTION_UPSERT_SINCE,
    RETRIEVE_LIMIT,
)

_Item = dict[str, Any]
_One = Callable[[_Item], _Item]
_ROLLED_BACK = Rejection(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone "
    "header",
    fields=(),
)


class _RolledBack(Exception):
    """Leaves the transaction of an all-or-none call."""


def create_many(org: Org, call: Call) -> Answer:
    def one(item: _Item) -> _Item:
        _refuse_id(item)
        return created_body(org.records.insert(_kind(org, item), _values(item), by=call.by))

    return _each(org, call, _records(call), one=one, all_or_none=_all_or_none(call))


def update_many(org: Org, call: Call) -> Answer:
    items = _records(call)
    times = Counter(canonical(_id(item)) for item in items if _has_id(item))

    def one(item: _Item) -> _Item:
        kind, record = _kind(org, item), _id(item)
        if times[canonical(record)] > 1:
            raise _twice("id", record)
        org.records.update(kind, record, _values(item), by=call.by)
        return created_body(canonical(record) or record)

    return _each(org, call, items, one=one, all_or_none=_all_or_none(call))


def upsert_many(org: Org, call: Call, name: str, field: str) -> Answer:
    """Of one object. A key that comes twice is refused wherever it stands: none of them is kept."""
    _refuse_before(COLLECTION_UPSERT_SINCE, call)
    kind = org.schema.object_named(name)
    key = org.records.external_field(kind, field)
    items = _records(call)
    times = Counter(key.key(text.strip()) for item in items if (text := _key(item, key)))

    def one(item: _Item) -> _Item:
        _refuse_id(item)
        if _kind(org, item) is not kind:
            text = f"the type of each record must be {kind.name}, as the request's path says"
            raise Rejection("INVALID_TYPE", text, fields=())
        text = _key(item, key)
        if not text:
            raise Rejection("MISSING_ARGUMENT", f"{key.name} not specified", fields=())
        if times[key.key(text.strip())] > 1:
            raise _twice("external id", text, key.name)
        others = {name: value for name, value in _values(item).items() if not _is(name, key)}
        done = org.records.upsert(kind, key, text, others, by=call.by)
        if done.created and org.troubles.strikes(Trouble.CLASH, call.path):
            return clashed(key.name, done.id).item()
        return {**created_body(done.id), "created": done.created}

    return _each(org, call, items, one=one, all_or_none=_all_or_none(call))


def delete_many(org: Org, call: Call) -> Answer:
    ids = [each for each in call.params.get("ids", "").split(",") if each]
    _refuse_more_than(COLLECTION_LIMIT, ids)

    def one(item: _Item) -> _Item:
        kind = org.schema.of_id(item["id"])
        if kind is None:
            raise Rejection("MALFORMED_ID", f"malformed id {item['id']}", fields=())
        org.records.delete(kind, item["id"], by=call.by)
        return created_body(item["id"])

    wanted = call.params.get("allOrNone") == "true"
    return _each(org, call, [{"id": each} for each in ids], one=one, all_or_none=wanted)


def read_many(org: Org, call: Call, name: str) -> Answer:
    """In the order of the ids; null for a record that is not there."""
    kind = org.schema.object_named(name)
    ids, names = _wanted(call)
    _refuse_more_than(RETRIEVE_LIMIT, ids)
    fields = [kind.field_named(each).name for each in names]
    return Answer(body=list(_read(org, call, kind, ids=ids, names=fields)))


def _read(
    org: Org, call: Call, kind: ObjectType, *, ids: list[str], names: list[str]
) -> Iterator[Any]:
    for each in ids:
        row = org.tables.row(kind, canonical(each) or each)
        gone = row is None or row["IsDeleted"]
        yield None if gone or row is None else render.record(kind, row, call.root, names)


def _wanted(call: Call) -> tuple[list[str], list[str]]:
    if call.method == "POST":
        body = call.fields()
        return list(body.get("ids", [])), list(body.get("fields", []))
    ids, names = call.params.get("ids", ""), call.params.get("fields", "")
    return ids.split(","), [each for each in names.split(",") if each]


def _each(org: Org, call: Call, items: list[_Item], *, one: _One, all_or_none: bool) -> Answer:
    """200 whatever happened: the results say what did."""
    allowed = "allowsave=true" in call.headers.get("sforce-duplicate-rule-header", "").lower()

    def unlocked(item: _Item) -> _Item:
        if org.troubles.strikes(Trouble.LOCKED, call.path):
            raise locked()
        if not allowed and org.troubles.strikes(Trouble.RULE, call.path):
            raise by_duplicate_rule()
        return one(item)

    results: list[_Item] = []
    try:
        with org.tables.transaction():
            results = [_tried(item, unlocked) for item in items]
            _undo_if(all_or_none and not all(result["success"] for result in results))
    except _RolledBack:
        results = [_ROLLED_BACK.item() if each["success"] else each for each in results]
    return Answer(body=results)


def _undo_if(failed: bool) -> None:
    if failed:
        raise _RolledBack


def _tried(item: _Item, one: _One) -> _Item:
    try:
        return one(item)
    except ManyRecords:
        text = "more than one record found for external id field"
        return Rejection("DUPLICATE_EXTERNAL_ID", text, fields=()).item()
    except Rejection as refusal:
        if refusal.code == "NOT_FOUND":
            text = "invalid cross reference id"
            return Rejection("INVALID_CROSS_REFERENCE_KEY", text, fields=()).item()
        return refusal.item()


def _records(call: Call) -> list[_Item]:
    _refuse_before(COLLECTION_SINCE, call)
    items = call.fields().get("records")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise Rejection("INVALID_FIELD", "records: a list of records is required")
    _refuse_more_than(COLLECTION_LIMIT, items)
    _refuse_chunks(items)
    return items


def _refuse_before(version: int, call: Call) -> None:
    if call.version < version:
        raise no_resource()


def _refuse_chunks(items: Sequence[_Item]) -> None:
    """Neighbours of one object are a chunk."""
    if sum(1 for _ in groupby(items, key=_type)) > CHUNK_LIMIT:
        text = (
            f"Cannot have more than {CHUNK_LIMIT} chunks in a single operation. Please rearrange"
            " the data to reduce chunking."
        )
        raise Rejection("LIMIT_EXCEEDED", text)


def _refuse_more_than(limit: int, items: list[Any]) -> None:
    if len(items) > limit:
        text = f"record limit reached. cannot submit more than {limit} records in this call"
        raise Rejection("EXCEEDED_ID_LIMIT", text)


def _all_or_none(call: Call) -> bool:
    return call.fields().get("allOrNone") is True


def _twice(what: str, value: str, *fields: str) -> Rejection:
    """What comes more than once in a call is refused each time."""
    return Rejection("DUPLICATE_VALUE", f"Duplicate {what} specified: {value}", fields=fields)


def _type(item: _Item) -> Any:
    attributes = item.get(ATTRIBUTES)
    return attributes.get("type") if isinstance(attributes, dict) else None


def _kind(org: Org, item: _Item) -> ObjectType:
    name = _type(item)
    if not isinstance(name, str):
        text = "Type name is missing in attributes of the record"
        raise Rejection("INVALID_TYPE", text, fields=())
    return org.schema.supported(name)


def _has_id(item: _Item) -> bool:
    return any(name.lower() == "id" and isinstance(value, str) for name, value in item.items())


def _refuse_id(item: _Item) -> None:
    if any(name.lower() == "id" for name in item):
        text = "cannot specify Id in an insert call"
        raise Rejection("INVALID_FIELD_FOR_INSERT_UPDATE", text, fields=("Id",))


def _id(item: _Item) -> str:
    found = next((value for name, value in item.items() if name.lower() == "id"), None)
    if not isinstance(found, str):
        raise Rejection("MISSING_ARGUMENT", "Id not specified in an update call", fields=())
    return found


def _is(name: str, field: Field) -> bool:
    return name.lower() == field.name.lower()


def _key(item: _Item, field: Field) -> str:
    """The value of the external id that a record goes by; empty where there is none."""
    return str(next((value for name, value in item.items() if _is(name, field)), None) or "")


def _values(item: _Item) -> _Item:
    return {name: value for name, value in item.items() if name.lower() not in {"id", ATTRIBUTES}}
