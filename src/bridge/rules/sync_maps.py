"""Whether a map of a pair has a word for every value that may come, in each direction it is used."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from bridge.rules.agree import End, Owner
from bridge.rules.descriptors import bare
from bridge.rules.problem import did_you_mean
from bridge.rules.slot import Slot
from bridge.rules.sync import word

Table = Mapping[str, Any]


def backwards(table: Table) -> dict[str, Any]:
    """The map for the way back; of several words for one the first."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found.setdefault(word(value), key)
    return found


def domain(slot: Slot) -> tuple[str, ...] | None:
    """All words that a field may have, as keys of a map. `None`: any text may come."""
    kind = bare(slot.annotation)
    known = slot.words()
    if known is not None:
        return tuple(sorted(map(word, known)))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return tuple(kind)
    return ("false", "true") if kind is bool else None


def mistakes(name: str, table: Table, left: Slot, right: Slot, owner: Owner) -> Iterator[str]:
    """What is wrong with a map between two fields, in words."""
    yield from _strangers(name, table, left, "key")
    yield from _strangers(name, map(word, table.values()), right, "value")
    if owner is not Owner.RIGHT:
        yield from _lacking(name, table, left, right)
    if owner is not Owner.LEFT:
        yield from _doubled(name, table, right)
        yield from _lacking(name, backwards(table), right, left)


def unwritable(left: Slot, right: Slot, owner: Owner, table: Table | None) -> Iterator[str]:
    """Words of one end that the other's source reads from none of its vendor's words."""
    for end, at, to in ((End.RIGHT, left, right), (End.LEFT, right, left)):
        if owner.value == end.value or to.words() is None:
            continue
        forth = table if end is End.RIGHT or table is None else backwards(table)
        coming = domain(at) if forth is None else tuple(word(one) for one in forth.values())
        there = {word(one) for one in to.source.maps[_map(to)].values()}
        gone = [one for one in coming or () if one not in there]
        if gone:
            yield (
                f"{_listed(gone)} of {at.source.id} cannot be written: map `{_map(to)}` of"
                f" {to.source.id}'s `{to.name}` has no word for it; add one"
            )


def _map(slot: Slot) -> str:
    return slot.source.fields[slot.name].map or ""


def _strangers(
    name: str, words: Collection[str] | Iterator[str], slot: Slot, what: str
) -> Iterator[str]:
    known = domain(slot)
    for one in words:
        if known is not None and one not in known:
            yield (
                f"map `{name}` has the {what} `{one}`, which `{slot.name}` of {slot.source.id} never"
                f" is{did_you_mean(one, known)}"
            )


def _lacking(name: str, table: Table, at: Slot, to: Slot) -> Iterator[str]:
    lacking = [one for one in domain(at) or () if one not in table]
    if lacking:
        yield (
            f"map `{name}` has no word for {_listed(lacking)} of {at.source.id}, so it cannot reach"
            f" {to.source.id}; add {'it' if len(lacking) == 1 else 'them'}"
        )


def _doubled(name: str, table: Table, right: Slot) -> Iterator[str]:
    """Two keys with one word: the way back would be a guess."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in table.items():
        keys[word(value)].append(key)
    for value, several in keys.items():
        if len(several) > 1:
            yield (
                f"map `{name}` makes `{value}` of {_listed(several, 'and')}, so a `{value}` of"
                f" {right.source.id} may come back as either; give each a word of its own, or let"
                " the first source own the field"
            )


def _listed(words: Collection[str], last: str = "or") -> str:
    *front, end = [f"`{one}`" for one in words]
    return f"{', '.join(front)} {last} {end}" if front else end
