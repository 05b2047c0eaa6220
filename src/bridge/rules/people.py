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

    def find(self, place: str, identity: str | None) -> PersonForm | None:
        """The person with this account id at a connection or system, or nobody."""
        return None if identity is None else self._by_identity.get((place, identity))

    def department(self, place: str, identity: str | None) -> str:
        """The person's department, or `unattributed`."""
        person = self.find(place, identity)
        return UNATTRIBUTED if person is None else person.department


def people(forms: Sequence[PersonForm]) -> People:
    """People by identity. Raises ValueError when two people share one."""
    found: dict[tuple[str, str], PersonForm] = {}
    for person in forms:
        for identity in identities(person):
            if found.setdefault(identity, person) is not person:
                raise ValueError(f"{identity[1]!r} at {identity[0]} is two people")
    return People(tuple(forms), found)


def identities(person: PersonForm) -> tuple[tuple[str, str], ...]:
    """(system or connection, account id) pairs of one person."""
    return tuple(
        (place, one)
        for place, ids in person.identities.items()
        for one in ((ids,) if isinstance(ids, str) else ids)
    )


def roles_on(person: PersonForm, day: date) -> tuple[str, ...]:
    """The roles somebody had on a day: from the first day on, up to the day before `to`."""
    return tuple(
        role.role
        for role in person.roles
        if (role.start is None or role.start <= day) and (role.end is None or day < role.end)
    )
