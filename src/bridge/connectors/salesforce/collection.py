"""The bulk form of writes: records of one object in one collection, each with an answer of its own.

REST guide, sObject Collections: 200 records; what is sent is kept in order and answered in order. A
call may hold several objects, in ten chunks at most, but an upsert's only one: ours hold one each.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.connectors.action import Receipt
from bridge.connectors.packing import Parcel, in_one_call
from bridge.errors import DeliveryError

MOST = 200
ROOM = 2_000_000  # characters of a call: no maximum is documented, and a call has a deadline
FIELD = 8  # characters of a field beside its name and value

Fields = Mapping[str, Any]
A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class Body:
    """The fields of one record, and the id or external id that it goes by."""

    key: str
    fields: Fields


def parcel(place: str, key: str, fields: Fields) -> Parcel[Body]:
    size = sum(len(name) + len(str(value)) + FIELD for name, value in fields.items())
    return Parcel(place=place, body=Body(key=key, fields=fields), size=size)


def same_key(key: str) -> str:
    """What two external ids must not share in one call: Salesforce then refuses both records.

    Whether a field distinguishes capitals is its own setting; keys that may be one are kept apart.
    """
    return key.strip().casefold()


def collected(
    batch: Sequence[tuple[A, str]],
    *,
    make: Callable[[A, str], Parcel[Body]],
    send: Callable[[Mapping[str, Fields]], Sequence[str | DeliveryError]],
    told: Callable[[str, Fields], Receipt],
) -> list[Receipt | DeliveryError | None]:
    """What came of each. `send` gets the fields by key, and gives an id or an error for each."""

    def sent(parcels: Sequence[Parcel[Body]]) -> list[Receipt | DeliveryError]:
        bodies = [each.body for each in parcels]
        answers = send({body.key: body.fields for body in bodies})
        return [
            answer if isinstance(answer, DeliveryError) else told(answer, body.fields)
            for answer, body in zip(answers, bodies, strict=True)
        ]

    return in_one_call(batch, make=make, send=sent, room=ROOM)
