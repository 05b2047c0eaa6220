"""Where a backfill reads: a source, its system, and what the sources of its object want of a record."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.connected import Connected
from bridge.connectors.contract import Reader, Snapshot
from bridge.connectors.history import Past
from bridge.errors import PermanentError, TransientError
from bridge.pipeline.backfill.wish import Wish
from bridge.pipeline.world import World
from bridge.rules.ruleset import RuleSet
from bridge.rules.sources import Source

CHUNK = 100  # records read in a step
CHUNK_OF_ONES = 25


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What came of asking for `ids`. A record that is not among them is gone at the vendor."""

    ids: Sequence[str]
    records: Sequence[Snapshot]


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

    def read(self, ids: Sequence[str]) -> Shown:
        """These records as they are now. Raises DeliveryErrors where it got nowhere."""
        source, client = self.source, self.connected.client
        found = self.reader.read(client, source.connection, source.object, ids, self.fields)
        if not self.history:
            return Shown(ids=ids, records=found)
        past = self._past(found)
        whole = [replace(one, past=tuple(past[one.ref])) for one in found if one.ref in past]
        left = {one.ref.id for one in found} - {one.ref.id for one in whole}
        return Shown(ids=[one for one in ids if one not in left], records=whole)

    def _past(self, found: Sequence[Snapshot]) -> Mapping[Ref, Sequence[Past]]:
        """What is read when the vendor, or our own budget, says stop is not read again."""
        history, batch = self.reader.history, self.reader.history_batch
        assert history is not None
        past: dict[Ref, Sequence[Past]] = {}
        try:
            for start in range(0, len(found), batch):
                some = found[start : start + batch]
                past |= history(self.connected.client, self.source.object, some)
        except TransientError:
            if not past:
                raise
        return past


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
