"""`people.yaml` as people, or every mistake in it at its place."""

from collections.abc import Iterator, Sequence
from datetime import date

from bridge.rules.document import Document, Path
from bridge.rules.model import PersonForm, RoleForm
from bridge.rules.people import UNATTRIBUTED, identities
from bridge.rules.problem import Problem, did_you_mean


def mistakes(
    document: Document, forms: Sequence[PersonForm], *, places: frozenset[str] | None
) -> Iterator[Problem]:
    """What the form alone cannot tell. `places`: systems and connections; `None` when not known."""
    owners: dict[tuple[str, str], PersonForm] = {}
    for number, person in enumerate(forms):
        here: Path = ("people", number)
        yield from _departments(document, here, person)
        yield from _roles(document, here, person)
        yield from _places(document, here, person, places)
        for place, identity in identities(person):
            owner = owners.setdefault((place, identity), person)
            if owner is not person:
                text = (
                    f"`{identity}` at {place} is {owner.name} already; an account is one person's"
                )
                yield document.problem(_identity_path(here, person, place, identity), text)


def _departments(document: Document, here: Path, person: PersonForm) -> Iterator[Problem]:
    named = [((*here, "department"), person.department)]
    named += [
        ((*here, "roles", number, "department"), role.department or "")
        for number, role in enumerate(person.roles)
    ]
    for path, name in named:
        if name == UNATTRIBUTED:
            text = f"`{UNATTRIBUTED}` is the word for people who are not in this file"
            yield document.problem(path, text)


def _roles(document: Document, here: Path, person: PersonForm) -> Iterator[Problem]:
    for number, role in enumerate(person.roles):
        path = (*here, "roles", number)
        if role.start and role.end and role.end <= role.start:
            text = "`to` is the first day the role no longer holds, so it is after `from`"
            yield document.problem((*path, "to"), text)
            continue
        for other in person.roles[:number]:
            if _where(person, role) != _where(person, other) and _overlap(role, other):
                text = (
                    f"{person.name} would be in two departments at once,"
                    f" {_where(person, other)} and {_where(person, role)}; end one role before"
                    " the other begins"
                )
                yield document.problem(path, text)


def _places(
    document: Document, here: Path, person: PersonForm, places: frozenset[str] | None
) -> Iterator[Problem]:
    for place, ids in person.identities.items():
        path = (*here, "identities", place)
        if places is not None and place not in places:
            text = f"no system or connection `{place}`{did_you_mean(place, places)}"
            yield document.key_problem(path, text)
        if not all(one.strip() for one in ([ids] if isinstance(ids, str) else ids)):
            yield document.problem(path, "an account id is not empty; leave the system out instead")


def _identity_path(here: Path, person: PersonForm, place: str, identity: str) -> Path:
    ids = person.identities[place]
    path = (*here, "identities", place)
    return path if isinstance(ids, str) else (*path, ids.index(identity))


def _where(person: PersonForm, role: RoleForm) -> str:
    return role.department or person.department


def _overlap(one: RoleForm, other: RoleForm) -> bool:
    starts = max(one.start or date.min, other.start or date.min)
    return starts < min(one.end or date.max, other.end or date.max)
