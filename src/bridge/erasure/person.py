"""Who is meant: from an e-mail, an id or a name to everything one person is known by. Pure.

Ids and addresses join what belongs to one person across systems; a name alone never does, since two
people may share it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bridge.connectors.salesforce.ids import full_id, is_id
from bridge.errors import BridgeError

NAME = "name"


class Namesakes(BridgeError):
    """A name that several people have. `people` are their ids and addresses, one each."""

    def __init__(self, people: Sequence[str]) -> None:
        super().__init__(f"the name belongs to {len(people)} people: {', '.join(people)}")
        self.people = tuple(people)


@dataclass(frozen=True, kw_only=True)
class Known:
    """One appearance of a person at a connection: field and value of each personal field."""

    connection: str
    values: frozenset[tuple[str, str]]

    @property
    def keys(self) -> frozenset[str]:
        """What tells this person from all others."""
        return frozenset(fold(value) for field, value in self.values if field != NAME)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(value for field, value in self.values if field == NAME)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Everything one person is known by. `found` is where that was learnt.

    `namesakes` are other people of the same name, by an id or an address of each: the name is
    erased wherever it stands, so they lose it too, until their systems show it again.
    """

    keys: frozenset[str]
    names: frozenset[str]
    found: tuple[Known, ...]
    namesakes: tuple[str, ...] = ()

    @property
    def values(self) -> frozenset[str]:
        return self.keys | self.names


def meant(given: Sequence[str], known: Collection[Known]) -> Person:
    """The person that these words name together. Raises Namesakes.

    What nobody in our records has is taken as it was given: it may stand in a message's body.
    """
    words = {fold(word) for word in _full(given)}
    first = [one for one in known if words & (one.keys | {fold(name) for name in one.names})]
    people = _joined(first, known)
    _refuse_namesakes(people, words)
    found = [one for person in people for one in person]
    keys = frozenset(key for one in found for key in one.keys)
    names = frozenset(name for one in found for name in one.names)
    told = {fold(name) for name in names} | keys
    more = frozenset(word for word in _full(given) if fold(word) not in told)
    return Person(
        keys=keys | frozenset(fold(word) for word in more if not _is_name(word)),
        names=names | frozenset(word for word in more if _is_name(word)),
        found=tuple(sorted(found, key=lambda one: (one.connection, sorted(one.values)))),
        namesakes=_namesakes(names, keys, known),
    )


def fold(text: str) -> str:
    """For comparison: the case of names and addresses does not count, that of ids does."""
    stripped = text.strip()
    return stripped.casefold() if "@" in stripped or _is_name(stripped) else stripped


def _is_name(text: str) -> bool:
    return not any(char.isdigit() or char in "@:" for char in text)


def _full(words: Iterable[str]) -> list[str]:
    """Without blanks; a Salesforce id in its long form, as records have it."""
    stripped = [word.strip() for word in words]
    return [full_id(word) if is_id(word) else word for word in stripped if word]


def _joined(first: Sequence[Known], known: Collection[Known]) -> list[list[Known]]:
    """Appearances grouped into people: those that share an id or an address are one."""
    people: list[list[Known]] = []
    left = list(dict.fromkeys(first))
    while left:
        person, keys = [left[0]], set(left[0].keys)
        while more := [one for one in known if one not in person and keys & one.keys]:
            person += more
            keys |= {key for one in more for key in one.keys}
        people.append(person)
        left = [one for one in left if one not in person]
    return people


def _namesakes(
    names: frozenset[str], keys: frozenset[str], known: Collection[Known]
) -> tuple[str, ...]:
    told = {fold(name) for name in names}
    others = (one for one in known if one.keys and not one.keys & keys)
    shared = (one for one in others if told & {fold(name) for name in one.names})
    return tuple(sorted({min(one.keys) for one in shared}))


def _refuse_namesakes(people: Sequence[Sequence[Known]], words: set[str]) -> None:
    """Two people at one connection, who have no more in common than a name that was given."""
    by_name = [
        person for person in people if not words & {key for one in person for key in one.keys}
    ]
    at: dict[str, int] = {}
    for person in by_name:
        for connection in {one.connection for one in person if one.keys}:
            at[connection] = at.get(connection, 0) + 1
    if any(count > 1 for count in at.values()):
        keyed = (sorted({key for one in person for key in one.keys}) for person in by_name)
        raise Namesakes(sorted(keys[0] for keys in keyed if keys))
