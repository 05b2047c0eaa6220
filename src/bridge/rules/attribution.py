"""Departments onto a sighting: of who acted, and of the people its record names. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bridge.canonical.event import ActorKind, Origin
from bridge.canonical.kind import Kind
from bridge.ledger.compare import DEPARTMENT
from bridge.ledger.sighting import Sighting
from bridge.rules.model import PersonForm
from bridge.rules.people import People, department

Spellings = Callable[[str], Sequence[str]]
Find = Callable[[str], PersonForm | None]

_NO_STAFF = frozenset({ActorKind.APP, ActorKind.CUSTOMER})


def attributed(
    sighting: Sighting,
    people: People,
    *,
    kind: Kind,
    systems: Mapping[str, str],
    spellings: Spellings = lambda one: (one,),
) -> Sighting:
    """The sighting with the departments of the day it happened.

    `systems` maps connections to systems. Somebody who is not in `people.yaml`, or not on that
    day, is `unattributed`; a machine or a customer that is not there has no department, and
    neither has what we did ourselves. `spellings`: how else an account id may stand in the file.
    """
    here = sighting.ref.connection
    places = tuple(dict.fromkeys((here, systems.get(here, here))))
    day = sighting.occurred_at.date()

    def find(identity: str) -> PersonForm | None:
        found = (people.find(places, one) for one in spellings(identity))
        return next((person for person in found if person is not None), None)

    named = {
        name: _with_department(value, find, day=day)
        for name in kind.persons & sighting.record.keys()
        if isinstance(value := sighting.record[name], Mapping) and value.get("id")
    }
    return replace(
        sighting,
        department=_actors(sighting, find),
        record={**sighting.record, **named},
    )


def _actors(sighting: Sighting, find: Find) -> str | None:
    if sighting.actor is None or sighting.origin is Origin.OWN:
        return None
    person = find(sighting.actor.id)
    if person is None and sighting.actor.kind in _NO_STAFF:
        return None
    return department(person, sighting.occurred_at.date())


def _with_department(value: Mapping[str, Any], find: Find, *, day: date) -> dict[str, Any]:
    return {**value, DEPARTMENT: department(find(str(value["id"])), day)}
