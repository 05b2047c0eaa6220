"""Who is who at which system: departments and roles, with dates. Nobody found is nobody guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bridge.rules.model import PersonForm

UNATTRIBUTED = "unattributed"


@dataclass(frozen=True)
class People:
    """The people of `people.yaml`, found by their identity at a connection or a system."""

    all: tuple[PersonForm, ...] = ()
    _by_identity: Mapping[tuple[str, str], PersonForm] = field(default_factory=dict)

    def find(self, places: Sequence[str], identity: str) -> PersonForm | None:
        """The person with this account id at the first of these connections or systems that knows it."""
        found = (self._by_identity.get((place, identity)) for place in places)
        return next((person for person in found if person is not None), None)


def people(forms: Sequence[PersonForm]) -> People:
    """People by identity. Of two who share one the first has it; `people_loader` refuses such files."""
    found: dict[tuple[str, str], PersonForm] = {}
    for person in forms:
        for identity in identities(person):
            found.setdefault(identity, person)
    return People(tuple(forms), found)


def identities(person: PersonForm) -> tuple[tuple[str, str], ...]:
    """(system or connection, account id) pairs of one person."""
    return tuple(
        (place, one)
        for place, ids in person.identities.items()
        for one in ((ids,) if isinstance(ids, str) else ids)
    )


def department(person: PersonForm | None, day: date) -> str:
    """Where somebody worked on a day; `unattributed` on a day outside all of their roles."""
    if person is None:
        return UNATTRIBUTED
    if not person.roles:
        return person.department
    held = (
        role
        for role in person.roles
        if (role.start is None or role.start <= day) and (role.end is None or day < role.end)
    )
    role = next(held, None)
    return UNATTRIBUTED if role is None else role.department or person.department
