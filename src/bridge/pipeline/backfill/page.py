"""Records that a backfill has read, as a message of the inbox: as the vendor showed them. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.ref import Ref
from bridge.canonical.text import storable_json
from bridge.connectors.contract import Message, Snapshot, Translation
from bridge.connectors.history import Moved, Past
from bridge.errors import Malformed
from bridge.inbox.store import Arrival

EVENT_TYPE = "backfilled"
RECORDS = 25  # in a message, which is one transaction: others write as well
ENTRIES = 200  # of their past; a record with more is shown in several messages


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Moved(_Form):
    field: str
    before: Any
    after: Any


class _Past(_Form):
    act: Act
    version: str
    at: datetime
    actor: Actor | None
    moved: tuple[_Moved, ...]


class _Shown(_Form):
    """A record as it was read by its id."""

    id: str
    stamp: datetime
    version: str
    created_at: datetime | None
    actor: Actor | None
    ours: bool
    fields: Mapping[str, Any]
    past: tuple[_Past, ...]


class _Page(_Form):
    """`read`: the paths that were asked for; what is not among the fields is empty."""

    object: str
    read: tuple[str, ...]
    records: tuple[_Shown, ...]


def arrivals(
    backfill: str, snapshots: Sequence[Snapshot], *, read: Sequence[str], now: datetime
) -> Iterator[Arrival]:
    """Messages of a few records each, whose own identity is what they show."""
    for some in _packed(snapshots):
        body = _body(some, read)
        message = Message(
            connection=some[0].ref.connection,
            headers={},
            body=body,
            received_at=now,
            origin=Origin.BACKFILL,
        )
        key = f"backfill:{backfill}:{hashlib.sha256(body).hexdigest()}"
        yield Arrival(message=message, dedupe_key=key)


def translate(message: Message) -> Translation:
    """Raises Malformed."""
    try:
        page = _Page.model_validate_json(message.body)
    except ValidationError as error:
        raise Malformed(f"a page of a backfill: {error.error_count()} members are wrong") from None
    read = frozenset(page.read)
    snapshots = tuple(_snapshot(message.connection, page.object, one, read) for one in page.records)
    return Translation(event_type=EVENT_TYPE, snapshots=snapshots)


def _packed(snapshots: Sequence[Snapshot]) -> Iterator[list[Snapshot]]:
    """As many as one transaction should hold."""
    some: list[Snapshot] = []
    for one in (part for shown in snapshots for part in _parts(shown)):
        entries = sum(len(each.past) for each in (*some, one))
        if some and (len(some) == RECORDS or entries > ENTRIES):
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _parts(shown: Snapshot) -> Iterator[Snapshot]:
    """The newest of its past first, as it was."""
    for start in range(0, max(1, len(shown.past)), ENTRIES):
        yield replace(shown, past=shown.past[start : start + ENTRIES])


def _body(snapshots: Sequence[Snapshot], read: Sequence[str]) -> bytes:
    page = _Page(
        object=snapshots[0].object,
        read=tuple(read),
        records=tuple(
            _Shown(
                id=one.ref.id,
                stamp=one.stamp or one.occurred_at,
                version=one.version,
                created_at=one.created_at,
                actor=one.actor,
                ours=one.ours,
                fields=one.fields,
                past=tuple(_past(each) for each in one.past),
            )
            for one in snapshots
        ),
    )
    return orjson.dumps(storable_json(page.model_dump(mode="json")))


def _past(one: Past) -> _Past:
    moved = tuple(_Moved(**vars(each)) for each in one.moved)
    return _Past(act=one.act, version=one.version, at=one.at, actor=one.actor, moved=moved)


def _snapshot(connection: str, object_: str, shown: _Shown, read: frozenset[str]) -> Snapshot:
    return Snapshot(
        object=object_,
        ref=Ref(connection, object_, shown.id),
        act=Act.SEEN,
        occurred_at=shown.stamp,
        fields=shown.fields,
        version=shown.version,
        stamp=shown.stamp,
        created_at=shown.created_at,
        actor=shown.actor,
        ours=shown.ours,
        origin=Origin.BACKFILL,
        read=read,
        past=tuple(_told(one) for one in shown.past),
    )


def _told(one: _Past) -> Past:
    moved = tuple(
        Moved(field=each.field, before=each.before, after=each.after) for each in one.moved
    )
    return Past(act=one.act, version=one.version, at=one.at, actor=one.actor, moved=moved)
