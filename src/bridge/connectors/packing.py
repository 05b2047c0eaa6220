"""Fill one bulk call: what can go, what is wrong already, and what had better go with the next.

Pure but for what it is handed: `make` shapes one action, `send` makes the call.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.connectors.action import Receipt
from bridge.errors import DeliveryError, PermanentError

A = TypeVar("A")
B = TypeVar("B")
Answer = Receipt | DeliveryError


@dataclass(frozen=True, kw_only=True)
class Parcel(Generic[B]):
    """One action as it is sent. `place` is what may be in a call but once; `size` is what it takes of the room."""

    place: str
    body: B
    size: int


def in_one_call(
    batch: Sequence[tuple[A, str]],
    *,
    make: Callable[[A, str], Parcel[B]],
    send: Callable[[Sequence[Parcel[B]]], Sequence[Answer]],
    room: int,
) -> list[Answer | None]:
    """What came of each, in order. `None`: not sent, for want of `room` or for its place.

    `make` gets an action and its write key. What it refuses for good is an answer; anything else it
    raises (a look-up that failed) ends the filling, or each further one might fail as slowly.
    """
    parcels: dict[str, Parcel[B]] = {}
    found: list[str | DeliveryError | None] = []
    full = False
    for one, key in batch:
        place = None if full else _packed(one, key, make=make, parcels=parcels, room=room)
        full = full or (isinstance(place, DeliveryError) and not isinstance(place, PermanentError))
        found.append(place)
    answers = send(list(parcels.values())) if parcels else ()
    by_place = dict(zip(parcels, answers, strict=True))
    return [by_place[place] if isinstance(place, str) else place for place in found]


def _packed(
    one: A,
    key: str,
    *,
    make: Callable[[A, str], Parcel[B]],
    parcels: dict[str, Parcel[B]],
    room: int,
) -> str | DeliveryError | None:
    """The place of a parcel that found room. The first always does: alone it would be as large."""
    try:
        parcel = make(one, key)
    except DeliveryError as error:
        return error
    left = room - sum(each.size for each in parcels.values())
    if parcel.place in parcels or (parcels and parcel.size > left):
        return None
    parcels[parcel.place] = parcel
    return parcel.place
