"""Where a backfill reads: a source, its system, and what the sources of its object want of a record."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Reader, Snapshot
from bridge.errors import PermanentError
from bridge.pipeline.backfill.wish import Wish
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source

CHUNK = 100  # records read in a step
CHUNK_OF_ONES = 25


@dataclass(frozen=True, kw_only=True)
class Place:
    """`source` is the one that was named; others may take the same object, and see its records too."""

    source: Source
    connected: Connected
    reader: Reader[Any]
    rules: RuleSet
    history: bool

    @property
    def sources(self) -> Sequence[Source]:
        return self.rules.source_for(self.source.connection, self.source.object)

    @property
    def fields(self) -> tuple[str, ...]:
        more = self.reader.history_fields if self.history else ()
        wanted = (path for one in self.sources for path in one.vendor_fields)
        return tuple(dict.fromkeys((*wanted, *more)))

    @property
    def polled(self) -> Sequence[str]:
        """The sources of this object that are searched for what no message told."""
        return [one.id for one in self.sources if one.poll is not None]

    @property
    def chunk(self) -> int:
        """How many records a step reads: fewer where each takes a call of its own."""
        return CHUNK if not self.history or self.reader.history_batch > 1 else CHUNK_OF_ONES

    def calls(self, records: int) -> int:
        """How many calls it takes to read so many records, about."""
        batches = [self.reader.batch, *[self.reader.history_batch] * self.history]
        return sum(math.ceil(records / min(one, self.chunk)) for one in batches)

    def ref(self, record_id: str) -> Ref:
        return Ref(self.source.connection, self.source.object, record_id)

    def read(self, ids: Sequence[str]) -> Sequence[Snapshot]:
        """These records as they are now; those that are gone are left out."""
        source, client = self.source, self.connected.client
        shown = self.reader.read(client, source.connection, source.object, ids, self.fields)
        if not self.history or self.reader.history is None:
            return shown
        past = self.reader.history(client, source.object, shown)
        return [replace(one, past=tuple(past.get(one.ref, ()))) for one in shown]


def find(world: World, rules: RuleSet, wish: Wish) -> Place:
    """Raises PermanentError where there is no such source, or nothing can be searched for there."""
    source = next((one for one in rules.sources if one.id == wish.source), None)
    if source is None:
        there = ", ".join(sorted(one.id for one in rules.sources)) or "none"
        raise PermanentError(f"there is no source {wish.source!r}; there are: {there}")
    connected = world.connections.get(source.connection)
    reader = connected.connector.reader if connected is not None else None
    if connected is None or reader is None or reader.search is None:
        raise PermanentError(f"{source.object} of {source.connection} cannot be searched for")
    if wish.history and reader.history is None:
        raise PermanentError(f"{source.object} of {source.connection} has no history to be read")
    return Place(
        source=source, connected=connected, reader=reader, rules=rules, history=wish.history
    )
