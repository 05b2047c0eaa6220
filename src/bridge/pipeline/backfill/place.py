"""Where a backfill reads: a source, its system, and what the sources of its object want of a record."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Reader, Snapshot
from bridge.errors import PermanentError
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source

CHUNK = 100  # records read in a step


@dataclass(frozen=True, kw_only=True)
class Place:
    """`source` is the one that was named; others may take the same object, and see its records too."""

    source: Source
    connected: Connected
    reader: Reader[Any]
    rules: RuleSet

    @property
    def sources(self) -> Sequence[Source]:
        return self.rules.source_for(self.source.connection, self.source.object)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for one in self.sources for path in one.vendor_fields))

    @property
    def polled(self) -> Sequence[str]:
        """The sources of this object that are searched for what no message told."""
        return [one.id for one in self.sources if one.poll is not None]

    def calls(self, records: int) -> int:
        """How many calls it takes to read so many records."""
        return math.ceil(records / min(self.reader.batch, CHUNK))

    def ref(self, record_id: str) -> Ref:
        return Ref(self.source.connection, self.source.object, record_id)

    def read(self, ids: Sequence[str]) -> Sequence[Snapshot]:
        """These records as they are now; those that are gone are left out."""
        source = self.source
        return self.reader.read(
            self.connected.client, source.connection, source.object, ids, self.fields
        )


def find(world: World, rules: RuleSet, source_id: str) -> Place:
    """Raises PermanentError where there is no such source, or nothing can be searched for there."""
    source = next((one for one in rules.sources if one.id == source_id), None)
    if source is None:
        there = ", ".join(sorted(one.id for one in rules.sources)) or "none"
        raise PermanentError(f"there is no source {source_id!r}; there are: {there}")
    connected = world.connections.get(source.connection)
    reader = connected.connector.reader if connected is not None else None
    if connected is None or reader is None or reader.search is None:
        raise PermanentError(f"{source.object} of {source.connection} cannot be searched for")
    return Place(source=source, connected=connected, reader=reader, rules=rules)
