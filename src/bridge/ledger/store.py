"""All SQL of events, changes and latest records: apply a sighting, read what is known."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bridge.canonical.event import Act, Change, Event, Origin, event_id
from bridge.canonical.ref import Ref
from bridge.ledger import compare, latest, told
from bridge.ledger.batch import Batch
from bridge.ledger.latest import Latest
from bridge.ledger.meaning import (
    Data,
    act_of,
    acting,
    deleted_again,
    event_of,
    is_back,
    is_stale,
    says_nothing,
    tracked_fields,
    version_of,
)
from bridge.ledger.sighting import Context, Sighting
from bridge.ledger.standing import as_it_will_be, touch, write_record
from bridge.ledger.tables import EventRow, RecordRow


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A new fact, and the record as it was before: `None` when it was not known.

    `returned`: the record was deleted, as far as anybody has told, and is there again. `was` and `record`: how it stood and
    stands; no `record`: the fact is stale, and nothing of it changed.
    """

    event: Event
    before: Data | None
    returned: bool = False
    was: Latest | None = None
    record: Latest | None = None


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
    stale = is_stale(row, sighting)
    act = act_of(row, sighting, context)
    tracked = tracked_fields(sighting, context)
    if stale:
        logged = compare.stale_changes(sighting, tracked)
        changed = told.unknown_only(batch, sighting, logged)
    else:
        requests = context.kinds[sighting.kind].requests
        logged = compare.changes(before, acting(act, sighting), tracked, requests=requests)
        changed = told.not_compared(batch, row, sighting, logged)
    if says_nothing(row, sighting, changed, act):
        touch(batch, row, sighting, context)
        return None
    there = not stale and row is not None and row.deleted_at is None
    event = event_of(sighting, act, before, changed, stale=stale, context=context)
    if not batch.first_time(event, now=context.now):
        again = deleted_again(event) if there and act is Act.DELETED else None
        if again is None or not batch.first_time(again, now=context.now):
            return None
        event = again
    if not stale and not changed and (logged or told.by_look(batch, row, sighting)):
        touch(batch, row, sighting, context)
        return None
    returned, was = is_back(row, sighting), copy(row)
    stands = None if stale else write_record(batch, row, sighting, event, context)
    batch.add(event, source=sighting.source, message_id=context.message_id)
    return Applied(
        event=event,
        before=before,
        returned=returned,
        was=was,
        record=stands,
    )


def add_past(
    batch: Batch, sighting: Sighting, changed: tuple[Change, ...], context: Context
) -> Applied | None:
    """Keep a fact of the past, and leave the record as it is. `None`: the fact is known."""
    row = batch.known.record(str(sighting.ref))
    before = dict(row.data) if row else None
    event = event_of(sighting, sighting.act, before, changed, stale=True, context=context)
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
    act = act_of(row, sighting, context)
    stale = is_stale(row, sighting)
    changed: tuple[Change, ...] = ()
    if row is not None and sighting.act is Act.SEEN and not stale:
        changed = compare.changes(
            row.data, acting(act, sighting), tracked_fields(sighting, context)
        )
    if not stale:
        rows[str(sighting.ref)] = as_it_will_be(row, sighting, context)
    if says_nothing(row, sighting, changed, act):
        return None
    return event_id(sighting.ref, f"{sighting.kind}.{act}", version_of(sighting, act, changed))
