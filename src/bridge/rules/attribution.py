"""Departments onto a sighting: of who acted, and of the people its record names. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bridge.canonical.event import ActorKind, Origin
from bridge.canonical.kind import Kind
from bridge.ledger.compare import DEPARTMENT
from bridge.ledger.sighting import Sighting
from bridge.rules.people import People, department

_NO_STAFF = frozenset({ActorKind.APP, ActorKind.CUSTOMER})


def attributed(
    sighting: Sighting, people: People, *, kind: Kind, systems: Mapping[str, str]
) -> Sighting:
    """The sighting with the departments of the day it happened.

    `systems` maps connections to systems. Somebody who is not in `people.yaml`, or not on that
    day, is `unattributed`; a machine or a customer that is not there has no department, and
    neither has what we did ourselves.
    """
    here = sighting.ref.connection
    places = tuple(dict.fromkeys((here, systems.get(here, here))))
    day = sighting.occurred_at.date()
    named = {
        name: _with_department(value, people, places, day=day)
        for name in kind.persons & sighting.record.keys()
        if isinstance(value := sighting.record[name], Mapping) and value.get("id")
    }
    return replace(
        sighting,
        department=_actors(sighting, people, places),
        record={**sighting.record, **named},
    )


def _actors(sighting: Sighting, people: People, places: Sequence[str]) -> str | None:
    if sighting.actor is None or sighting.origin is Origin.OWN:
        return None
    person = people.find(places, sighting.actor.id)
    if person is None and sighting.actor.kind in _NO_STAFF:
        return None
    return department(person, sighting.occurred_at.date())


def _with_department(
    value: Mapping[str, Any], people: People, places: Sequence[str], *, day: date
) -> dict[str, Any]:
    person = people.find(places, str(value["id"]))
    return {**value, DEPARTMENT: department(person, day)}
