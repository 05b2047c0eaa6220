"""Re-reading: where a message tells that a record changed but not how, the record is read by id."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Reader, Snapshot
from bridge.connectors.found import address
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source

Pair = tuple[Source, Snapshot]


def asks(connected: Connected, rules: RuleSet, snapshots: Sequence[Snapshot]) -> bool:
    """Whether a source wants one of these records to be read, or what it was merged into."""
    reader = connected.connector.reader
    return reader is not None and any(
        _wanted(source, snapshot) or _may_be_merged(reader, snapshot)
        for snapshot in snapshots
        for source in rules.source_for(connected.name, snapshot.object)
    )


def reread(connected: Connected, rules: RuleSet, snapshots: Sequence[Snapshot]) -> list[Pair]:
    """Each snapshot with each source that takes its object, live where the source says `reread`."""
    pairs = [
        (source, snapshot)
        for snapshot in snapshots
        for source in rules.source_for(connected.name, snapshot.object)
    ]
    if connected.connector.reader is None:
        return pairs
    live = _read(connected, connected.connector.reader, pairs)
    fresh = [
        (source, _fresh(snapshot, live[source.id]) if _wanted(source, snapshot) else snapshot)
        for source, snapshot in pairs
    ]
    return _merged(connected, connected.connector.reader, fresh)


def _wanted(source: Source, snapshot: Snapshot) -> bool:
    if snapshot.act is Act.DELETED or (snapshot.read and snapshot.read.issuperset(_asked(source))):
        return False
    return source.reread or snapshot.unread or bool(snapshot.read)


def _asked(source: Source) -> frozenset[str]:
    return frozenset(source.vendor_fields)


def _may_be_merged(reader: Reader[Any], snapshot: Snapshot) -> bool:
    return reader.successors is not None and snapshot.act is Act.DELETED


def _merged(connected: Connected, reader: Reader[Any], pairs: Sequence[Pair]) -> list[Pair]:
    """What is gone, with the record it was merged into, where the system knows of one."""
    lost: dict[str, set[str]] = {}
    for _, snapshot in pairs:
        if _may_be_merged(reader, snapshot):
            lost.setdefault(snapshot.object, set()).add(snapshot.ref.id)
    winners = {
        Ref(connected.name, name, loser): Ref(connected.name, name, winner)
        for name, ids in lost.items()
        if reader.successors is not None
        for loser, winner in reader.successors(connected.client, name, sorted(ids)).items()
    }
    return [
        (source, replace(snapshot, into=winners.get(snapshot.ref)))
        if _may_be_merged(reader, snapshot)
        else (source, snapshot)
        for source, snapshot in pairs
    ]


def _read(
    connected: Connected, reader: Reader[Any], pairs: Sequence[Pair]
) -> dict[str, Mapping[Ref, Snapshot]]:
    """By source: the live records of its snapshots, one call for all of them."""
    wanted: dict[str, tuple[Source, list[str]]] = {}
    for source, snapshot in pairs:
        if _wanted(source, snapshot):
            ids = wanted.setdefault(source.id, (source, []))[1]
            ids.append(_address(reader, snapshot))
    live: dict[str, Mapping[Ref, Snapshot]] = {}
    for name, (source, ids) in wanted.items():
        live[name] = {one.ref: one for one in _live(connected, reader, source, sorted(set(ids)))}
    return live


def _address(reader: Reader[Any], snapshot: Snapshot) -> str:
    hangs = snapshot.object in reader.hanging
    return address(snapshot.on, snapshot.ref.id) if hangs else snapshot.ref.id


def _live(
    connected: Connected, reader: Reader[Any], source: Source, ids: Sequence[str]
) -> Sequence[Snapshot]:
    hanging, name = reader.hanging.get(source.object), connected.name
    if hanging is not None:
        return hanging.read(connected.client, name, ids)
    return reader.read(connected.client, name, source.object, ids, source.vendor_fields)


def _fresh(snapshot: Snapshot, live: Mapping[Ref, Snapshot]) -> Snapshot:
    """The live record, with what only the message knew; a record that is gone was deleted."""
    found = live.get(snapshot.ref)
    if found is None:
        return replace(snapshot, act=Act.DELETED, version="", fields={}, complete=False)
    return replace(
        found,
        act=Act.SEEN,
        moved=snapshot.moved,
        past=snapshot.past,
        actor=found.actor or snapshot.actor,
        own=False,
        origin=snapshot.origin,
        live=True,
    )
