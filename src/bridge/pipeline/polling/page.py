"""A page of a search as a message of the inbox: which records were changed, and when. Pure."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.canonical.event import Act, Origin
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Message, Snapshot, Translation
from bridge.connectors.found import Touched
from bridge.errors import Malformed

EVENT_TYPE = "polled"
RECORDS = 25  # in a message: they are read in one call, and applied in one transaction with others


class _Found(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    stamp: datetime
    gone: bool = False  # tells it from what it was within the same second
    on: str = ""  # the id of the record that it hangs on


class _Page(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    object: str
    records: tuple[_Found, ...]


def messages(
    connection: str, object_: str, found: Sequence[Touched], *, now: datetime
) -> Iterator[Message]:
    """What a search has shown, as few at a time as one look of the inbox should hold."""
    for start in range(0, len(found), RECORDS):
        some = found[start : start + RECORDS]
        records = tuple(
            _Found(id=one.id, stamp=one.stamp, gone=one.gone, on=one.on) for one in some
        )
        page = _Page(object=object_, records=records)
        yield Message(
            connection=connection,
            headers={},
            body=orjson.dumps(page.model_dump(mode="json", exclude_defaults=True)),
            received_at=now,
            origin=Origin.POLL,
        )


def dedupe_key(message: Message) -> str:
    """The same records at the same stamps are one message, for as long as it is remembered."""
    return f"poll:{hashlib.sha256(message.body).hexdigest()}"


def translate(message: Message) -> Translation:
    """Records of which only the id is known: each source that takes them reads them. Raises Malformed."""
    try:
        page = _Page.model_validate_json(message.body)
    except ValidationError as error:
        raise Malformed(f"a page of a search: {error.error_count()} members are wrong") from None
    snapshots = tuple(_snapshot(message, page.object, one) for one in page.records)
    return Translation(event_type=EVENT_TYPE, snapshots=snapshots)


def _snapshot(message: Message, object_: str, found: _Found) -> Snapshot:
    return Snapshot(
        object=object_,
        ref=Ref(message.connection, object_, found.id),
        act=Act.SEEN,
        occurred_at=found.stamp,
        version=found.stamp.isoformat(),
        stamp=found.stamp,
        complete=False,
        origin=message.origin,
        unread=True,
        on=found.on,
    )
