"""All SQL of events, changes and latest records: apply a sighting, read what is known."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Change, Event, Origin, event_id
from bridge.canonical.ids import stable_id
from bridge.canonical.kind import Kinds
from bridge.canonical.ref import Ref
from bridge.canonical.text import cut
from bridge.connectors.contract import MAX_ADDRESS
from bridge.ledger import compare, latest, told
from bridge.ledger.batch import Batch
from bridge.ledger.latest import Latest
from bridge.ledger.sighting import Sighting
from bridge.ledger.tables import EventRow, RecordRow

Data = Mapping[str, Any]
HANGING = frozenset({"comment", "attachment"})  # kinds that are on another record


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A new fact, and the record as it was before: `None` when it was not known.

    `returned`: the record was deleted, and is there again. `was` and `record`: how it stood and
    stands; no `record`: the fact is stale, and nothing of it changed.
    """

    event: Event
    before: Data | None
    returned: bool = False
    was: Latest | None = None
    record: Latest | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """What every sighting of one message shares. `live_since`: when this connection first ran."""

    now: datetime
    kinds: Kinds
    message_id: str | None = None
    live_since: datetime | None = None


def apply(session: Session, sighting: Sighting, context: Context) -> Applied | None:
    """Compare one sighting with the record and write what is new. `None`: nothing is.

    The caller holds the subject's lock.
    """
    batch = Batch(session)
    applied = apply_in(batch, sighting, context)
    batch.write()
    return applied


def foresee(batch: Batch, sightings: Iterable[tuple[Sighting, Context]]) -> None:
    """Read all at once what `apply_in` of these sightings, and the facts of their events, will need."""
    coming = list(sightings)
    refs = {str(sighting.ref) for sighting, _ in coming}
    batch.known.fetch(refs)
    rows: dict[str, Latest | None] = {ref: batch.known.record(ref) for ref in refs}
    ids = [_foreseen(rows, sighting, context) for sighting, context in coming]
    batch.foresee([one for one in ids if one])


def apply_in(batch: Batch, sighting: Sighting, context: Context) -> Applied | None:
    """The same among others, whose rows are written together."""
    row = batch.known.record(str(sighting.ref))
    before = dict(row.data) if row else None
    stale = _is_stale(row, sighting)
    act = _meaning(row, sighting, context)
    tracked = _tracked(sighting, context)
    if stale:
        logged = compare.stale_changes(sighting, tracked)
        changed = told.unknown_only(batch, sighting, logged)
    else:
        requests = context.kinds[sighting.kind].requests
        logged = compare.changes(before, _as(act, sighting), tracked, requests=requests)
        changed = told.not_compared(batch, row, sighting, logged)
    if _says_nothing(row, sighting, changed, act):
        _touch(batch, row, sighting, context)
        return None
    there = not stale and row is not None and row.deleted_at is None
    event = _event(sighting, act, before, changed, stale=stale, context=context)
    if not batch.first_time(event, now=context.now):
        again = _deleted_again(event) if there and act is Act.DELETED else None
        if again is None or not batch.first_time(again, now=context.now):
            return None
        event = again
    if not stale and logged and not changed:
        _touch(batch, row, sighting, context)
        return None
    returned = not stale and row is not None and row.deleted_at is not None
    was = copy(row)
    stands = None if stale else _write_record(batch, row, sighting, event, context)
    batch.add(event, source=sighting.source, message_id=context.message_id)
    return Applied(
        event=event,
        before=before,
        returned=returned and act is not Act.DELETED,
        was=was,
        record=stands,
    )


def add_past(
    batch: Batch, sighting: Sighting, changed: tuple[Change, ...], context: Context
) -> Applied | None:
    """Keep a fact of the past, and leave the record as it is. `None`: the fact is known."""
    row = batch.known.record(str(sighting.ref))
    before = dict(row.data) if row else None
    event = _event(sighting, sighting.act, before, changed, stale=True, context=context)
    if not batch.first_time(event, now=context.now):
        return None
    batch.add(event, source=sighting.source, message_id=context.message_id)
    return Applied(event=event, before=before)


def record(session: Session, ref: str) -> RecordRow | None:
    return session.get(RecordRow, ref)


def records(session: Session, refs: Sequence[str]) -> dict[str, Latest]:
    return {row.ref: row for row in latest.read(session, refs)}


def event(session: Session, wanted: str) -> EventRow | None:
    return session.scalar(select(EventRow).where(EventRow.id == wanted))


def as_event(row: EventRow) -> Event:
    """The stored event as the value that rules decide on."""
    return Event(
        id=row.id,
        connection=row.connection,
        subject=Ref.parse(row.subject),
        kind=row.kind,
        version=row.version,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        origin=Origin(row.origin),
        actor=row.actor,
        department=row.department,
        customer=row.customer,
        project=row.project,
        record=row.record,
        changes=tuple(Change(**change) for change in row.changes),
        facts=row.facts,
        schema_version=row.schema_version,
        stale=row.stale,
    )


def keep_matched(session: Session, wanted: str, matched: int | None) -> None:
    """Record how many rules an event has met, after it was decided again."""
    session.execute(update(EventRow).where(EventRow.id == wanted).values(matched=matched))


def add_event(batch: Batch, new: Event, context: Context) -> bool:
    """Keep an event that no vendor's message brought; false if it is known already."""
    if not batch.first_time(new, now=context.now):
        return False
    batch.add(new, source=None, message_id=context.message_id)
    return True


def _foreseen(rows: dict[str, Latest | None], sighting: Sighting, context: Context) -> str | None:
    """The id of the event that a sighting will make; `rows` then has the record as it will be.

    A guess that saves a query: one that is wrong costs one.
    """
    row = rows[str(sighting.ref)]
    act = _meaning(row, sighting, context)
    stale = _is_stale(row, sighting)
    changed: tuple[Change, ...] = ()
    if row is not None and sighting.act is Act.SEEN and not stale:
        changed = compare.changes(row.data, _as(act, sighting), _tracked(sighting, context))
    if not stale:
        rows[str(sighting.ref)] = _as_it_will_be(row, sighting, context)
    if _says_nothing(row, sighting, changed, act):
        return None
    return event_id(sighting.ref, f"{sighting.kind}.{act}", _version(sighting, act, changed))


def _as_it_will_be(row: Latest | None, sighting: Sighting, context: Context) -> Latest:
    """What the next sighting of a record is compared with."""
    known = row or _first_seen(sighting, context)
    return replace(
        known,
        data=compare.merged(row.data if row else None, sighting),
        stamp=sighting.stamp or known.stamp,
        version=sighting.version or known.version,
        deleted_at=sighting.occurred_at if sighting.act is Act.DELETED else None,
    )


def _tracked(sighting: Sighting, context: Context) -> frozenset[str]:
    """What makes changes: a source narrows what its kind tracks, and never widens it."""
    known = context.kinds[sighting.kind].tracked
    return known if sighting.tracked is None else known & sighting.tracked


def _deleted_again(event: Event) -> Event:
    """A record that was restored may go once more. That it is gone is the identity of the first
    time, so this one needs its time with it."""
    version = event.occurred_at.isoformat()
    identity = event_id(event.subject, event.kind, version)
    return event.model_copy(update={"version": version, "id": identity})


def _is_stale(row: Latest | None, sighting: Sighting) -> bool:
    """Older than what the record shows: the vendor's own stamps decide, never arrival.

    Two changes may share a stamp; then the vendor's numbers do, where it counts its changes.
    """
    if row is None or row.stamp is None or sighting.stamp is None:
        return False
    if sighting.stamp != row.stamp:
        return sighting.stamp < row.stamp
    known, shown = row.version or "", sighting.version
    return known.isdecimal() and shown.isdecimal() and int(shown) < int(known)


def _meaning(row: Latest | None, sighting: Sighting, context: Context) -> Act:
    """What a shown state means. A record older than this installation was not created just now."""
    if sighting.act is not Act.SEEN:
        return sighting.act
    if row is not None or sighting.with_past:
        return Act.UPDATED
    born, live = sighting.created_at, context.live_since
    return Act.UPDATED if born and live and born < live else Act.CREATED


def _as(act: Act, sighting: Sighting) -> Sighting:
    if act is sighting.act:
        return sighting
    fields = {name: getattr(sighting, name) for name in sighting.__dataclass_fields__}
    return Sighting(**{**fields, "act": act})


def _says_nothing(
    row: Latest | None, sighting: Sighting, changed: tuple[Change, ...], act: Act
) -> bool:
    """A state shown again. What the vendor calls an update is a fact even without a mapped change."""
    known = row is not None and row.deleted_at is None
    return known and sighting.act is Act.SEEN and not changed and act is Act.UPDATED


def _touch(batch: Batch, row: Latest | None, sighting: Sighting, context: Context) -> None:
    """What no source reads may have changed: without a stamp, it has as late as this was told."""
    if row is not None and sighting.stamp is None:
        row.updated_at = context.now
        row.ours = _is_ours(row, sighting)
        batch.keep(row)
    if row is None or sighting.stamp is None:
        return
    if row.stamp is None or sighting.stamp >= row.stamp:
        row.ours = _is_ours(row, sighting)
        row.stamp = sighting.stamp
        row.data = compare.merged(row.data, sighting)
        _call(row)
        if sighting.version.isdecimal():
            row.version = sighting.version
        batch.keep(row)


def _version(sighting: Sighting, act: Act, changed: tuple[Change, ...]) -> str:
    if act in {Act.CREATED, Act.DELETED}:
        return ""
    base = sighting.version or (sighting.stamp or sighting.occurred_at).isoformat()
    if sighting.act is not Act.SEEN:
        return base
    # Two writes may share one stamp; what a comparison found tells them apart.
    shown = repr([(change.field, change.before, change.after) for change in changed])
    return f"{base}{told.COMPARED}{stable_id('ver', shown)}"


def _event(
    sighting: Sighting,
    act: Act,
    before: Data | None,
    changed: tuple[Change, ...],
    *,
    stale: bool,
    context: Context,
) -> Event:
    kind = f"{sighting.kind}.{act}"
    version = _version(sighting, act, changed)
    known = before or {}
    return Event(
        id=event_id(sighting.ref, kind, version),
        connection=sighting.ref.connection,
        subject=sighting.ref,
        kind=kind,
        version=version,
        occurred_at=sighting.occurred_at,
        recorded_at=context.now,
        origin=sighting.origin,
        actor=sighting.actor,
        department=sighting.department,
        customer=sighting.customer or (known.get("customer") or {}).get("ref"),
        project=sighting.project or known.get("project"),
        record=dict(known) if stale else compare.merged(before, sighting),
        changes=changed,
        schema_version=context.kinds[sighting.kind].version,
        stale=stale,
    )


def _first_seen(sighting: Sighting, context: Context) -> Latest:
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


def _write_record(
    batch: Batch, row: Latest | None, sighting: Sighting, new: Event, context: Context
) -> Latest:
    row = row or _first_seen(sighting, context)
    data = dict(new.record)
    row.kind = sighting.kind
    row.source = sighting.source
    row.schema_version = new.schema_version
    row.data = data
    row.ours = _is_ours(row, sighting)
    row.stamp = sighting.stamp or row.stamp
    row.version = sighting.version or row.version
    row.created_at = sighting.created_at or row.created_at
    row.updated_at = context.now
    row.deleted_at = new.occurred_at if sighting.act is Act.DELETED else None
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


def _is_ours(row: Latest, sighting: Sighting) -> bool:
    """Whether our account was the last who touched the record, as its newest state says.

    Of two states with one stamp nobody knows which is the newer: then it is not believed.
    """
    if not sighting.ours or sighting.act is Act.DELETED:
        return False
    if row.stamp is None or sighting.stamp is None:
        return row.ours
    if row.ours or sighting.stamp > row.stamp:
        return True
    known, shown = row.version or "", sighting.version
    return known.isdecimal() and shown.isdecimal() and int(shown) > int(known)


def _findable(text: str | None) -> str | None:
    """Foreign text in an indexed column: PostgreSQL's indexes take no more than 2,700 bytes."""
    return text if text is None else cut(text, MAX_ADDRESS)
