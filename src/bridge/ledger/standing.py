"""The latest record: how it stands after a sighting."""

from dataclasses import replace

from bridge.canonical.event import Act, Event
from bridge.canonical.text import cut
from bridge.connectors.contract import MAX_ADDRESS
from bridge.ledger import compare
from bridge.ledger.batch import Batch
from bridge.ledger.latest import Latest
from bridge.ledger.meaning import is_back, is_ours
from bridge.ledger.sighting import Context, Sighting

HANGING = frozenset({"comment", "attachment"})  # kinds that are on another record


def first_seen(sighting: Sighting, context: Context) -> Latest:
    """A record that was not known, still without what it shows."""
    return Latest(
        ref=str(sighting.ref),
        connection=sighting.ref.connection,
        seen_at=context.now,
        updated_at=context.now,
        kind=sighting.kind,
        schema_version=context.kinds[sighting.kind].version,
        ours=sighting.ours,
    )


def as_it_will_be(row: Latest | None, sighting: Sighting, context: Context) -> Latest:
    """What the next sighting of a record is compared with."""
    known = row or first_seen(sighting, context)
    return replace(
        known,
        data=compare.merged(row.data if row else None, sighting),
        stamp=sighting.stamp or known.stamp,
        version=sighting.version or known.version,
        deleted_at=sighting.occurred_at if sighting.act is Act.DELETED else None,
    )


def touch(batch: Batch, row: Latest | None, sighting: Sighting, context: Context) -> None:
    """What no source reads may have changed: without a stamp, it has as late as this was told."""
    if row is not None and sighting.stamp is None:
        row.updated_at = context.now
        row.ours = is_ours(row, sighting)
        batch.keep(row)
    if row is None or sighting.stamp is None:
        return
    if row.stamp is None or sighting.stamp >= row.stamp:
        row.ours = is_ours(row, sighting)
        row.stamp = sighting.stamp
        row.data = compare.merged(row.data, sighting)
        _call(row)
        if sighting.version.isdecimal():
            row.version = sighting.version
        batch.keep(row)


def write_record(
    batch: Batch, row: Latest | None, sighting: Sighting, new: Event, context: Context
) -> Latest:
    back = is_back(row, sighting)
    row = row or first_seen(sighting, context)
    data = dict(new.record)
    row.kind = sighting.kind
    row.source = sighting.source
    row.schema_version = new.schema_version
    row.data = data
    row.ours = is_ours(row, sighting)
    row.stamp = sighting.stamp or row.stamp
    row.version = sighting.version or row.version
    row.created_at = sighting.created_at or row.created_at
    row.updated_at = context.now
    row.deleted_at = new.occurred_at if sighting.act is Act.DELETED else None
    if back or row.deleted_at is not None:
        row.refused_at = None
    _call(row)
    row.customer = _findable(new.customer)
    row.project = new.project
    row.parent = _findable(data.get("parent")) if row.kind in HANGING else None
    _note_times(row, new)
    batch.keep(row)
    return row


def _call(row: Latest) -> None:
    """By the key and the URL that it has now: an issue that moves gets others."""
    row.key = _findable(row.data.get("key") or row.data.get("number"))
    row.url = row.data.get("url")


def _note_times(row: Latest, new: Event) -> None:
    """When it last changed, and its status; what is first seen gives no change of a status."""
    created = new.act == Act.CREATED
    if new.changes or created:
        row.changed_at = new.occurred_at
    if not created and any(change.field == "status" for change in new.changes):
        row.status_at = new.occurred_at


def _findable(text: str | None) -> str | None:
    """Foreign text in an indexed column: PostgreSQL's indexes take no more than 2,700 bytes."""
    return text if text is None else cut(text, MAX_ADDRESS)
