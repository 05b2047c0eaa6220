"""Re-reading: where a message tells that a record changed but not how, the record is read by id."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.canonical.event import Act
from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Reader, Snapshot
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source

Pair = tuple[Source, Snapshot]


def asks(connected: Connected, rules: RuleSet, snapshots: Sequence[Snapshot]) -> bool:
    """Whether a source wants one of these records to be read."""
    return connected.connector.reader is not None and any(
        _wanted(source, snapshot)
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
    return [
        (source, _fresh(snapshot, live[source.id]) if _wanted(source, snapshot) else snapshot)
        for source, snapshot in pairs
    ]


def _wanted(source: Source, snapshot: Snapshot) -> bool:
    if snapshot.act is Act.DELETED or (snapshot.read and snapshot.read.issuperset(_asked(source))):
        return False
    return source.reread or snapshot.unread or bool(snapshot.read)


def _asked(source: Source) -> frozenset[str]:
    return frozenset(source.vendor_fields)


def _read(
    connected: Connected, reader: Reader[Any], pairs: Sequence[Pair]
) -> dict[str, Mapping[Ref, Snapshot]]:
    """By source: the live records of its snapshots, one call for all of them."""
    wanted: dict[str, tuple[Source, list[str]]] = {}
    for source, snapshot in pairs:
        if _wanted(source, snapshot):
            ids = wanted.setdefault(source.id, (source, []))[1]
            ids.append(snapshot.ref.id)
    live: dict[str, Mapping[Ref, Snapshot]] = {}
    for name, (source, ids) in wanted.items():
        found = reader.read(
            connected.client,
            connected.name,
            source.object,
            sorted(set(ids)),
            source.vendor_fields,
        )
        live[name] = {snapshot.ref: snapshot for snapshot in found}
    return live


def _fresh(snapshot: Snapshot, live: Mapping[Ref, Snapshot]) -> Snapshot:
    """The live record, with what only the message knew; a record that is gone was deleted."""
    found = live.get(snapshot.ref)
    if found is None:
        return replace(snapshot, act=Act.DELETED, version="", fields={}, complete=False)
    return replace(
        found,
        act=Act.SEEN,
        moved=snapshot.moved,
        actor=found.actor or snapshot.actor,
        own=False,
        origin=snapshot.origin,
    )
