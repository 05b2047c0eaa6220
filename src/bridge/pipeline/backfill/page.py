"""Records that a backfill has read, as a message of the inbox: as the vendor showed them. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.ref import Ref
from bridge.canonical.text import storable_json
from bridge.connectors.contract import Message, Snapshot, Translation
from bridge.errors import Malformed
from bridge.inbox.store import Arrival

EVENT_TYPE = "backfilled"
RECORDS = 25  # in a message, which is one transaction: others write as well


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Shown(_Form):
    """A record as it was read by its id."""

    id: str
    stamp: datetime
    version: str
    created_at: datetime | None
    actor: Actor | None
    ours: bool
    fields: Mapping[str, Any]


class _Page(_Form):
    """`read`: the paths that were asked for; what is not among the fields is empty."""

    object: str
    read: tuple[str, ...]
    records: tuple[_Shown, ...]


def arrivals(
    backfill: str, snapshots: Sequence[Snapshot], *, read: Sequence[str], now: datetime
) -> Iterator[Arrival]:
    """Messages of a few records each, whose own identity is what they show."""
    for start in range(0, len(snapshots), RECORDS):
        body = _body(snapshots[start : start + RECORDS], read)
        message = Message(
            connection=snapshots[start].ref.connection,
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


def _body(snapshots: Sequence[Snapshot], read: Sequence[str]) -> bytes:
    records = [
        {
            "id": one.ref.id,
            "stamp": one.stamp,
            "version": one.version,
            "created_at": one.created_at,
            "actor": one.actor.model_dump(mode="json") if one.actor else None,
            "ours": one.ours,
            "fields": storable_json(one.fields),
        }
        for one in snapshots
    ]
    return orjson.dumps({"object": snapshots[0].object, "read": list(read), "records": records})


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
    )
