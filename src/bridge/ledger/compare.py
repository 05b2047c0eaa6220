"""Which tracked fields changed, from two states of a record and the vendor's own change log. Pure."""

from collections.abc import Mapping
from typing import Any

from bridge.canonical.event import Act, Change
from bridge.ledger.sighting import Sighting

Data = Mapping[str, Any]
DEPARTMENT = "department"


def merged(before: Data | None, sighting: Sighting) -> dict[str, Any]:
    """The record after a sighting: what it does not say stays as it was known."""
    return {**(before or {}), **sighting.record}


def changes(
    before: Data | None,
    sighting: Sighting,
    tracked: frozenset[str],
    *,
    requests: frozenset[str] = frozenset(),
) -> tuple[Change, ...]:
    """Changes of tracked fields, in the order of their names.

    The vendor's change log wins where it can be read. A record that was not known gives the values
    it was created with; one that was only first seen changed gives no more than the change log, and
    of `requests` those that are true: a wish on a record older than us was made just now.
    A person is who they are: that `people.yaml` puts them elsewhere is no change of a record.
    """
    logged = {field: pair for field, pair in sighting.moved.items() if field in tracked}
    seen = _compared(before, sighting, tracked, requests)
    pairs = {**seen, **logged}
    return tuple(
        Change(field=field, before=pairs[field][0], after=pairs[field][1])
        for field in sorted(pairs)
        if pairs[field][0] != pairs[field][1]
    )


def stale_changes(sighting: Sighting, tracked: frozenset[str]) -> tuple[Change, ...]:
    """What an older fact adds to the history: only what the vendor's change log says itself."""
    return tuple(
        Change(field=field, before=pair[0], after=pair[1])
        for field, pair in sorted(sighting.moved.items())
        if field in tracked and pair[0] != pair[1]
    )


def _compared(
    before: Data | None, sighting: Sighting, tracked: frozenset[str], requests: frozenset[str]
) -> dict[str, tuple[Any, Any]]:
    if before is None and sighting.act is not Act.CREATED:
        wishes = requests & tracked
        return {name: (None, True) for name in wishes if sighting.record.get(name) is True}
    known = before or {}
    return {
        field: (plain(known.get(field)), plain(value))
        for field, value in sighting.record.items()
        if field in tracked and plain(known.get(field)) != plain(value)
    }


def plain(value: Any) -> Any:
    """A person without their department, every other value as it is."""
    if not isinstance(value, Mapping):
        return value
    return {name: part for name, part in value.items() if name != DEPARTMENT}
