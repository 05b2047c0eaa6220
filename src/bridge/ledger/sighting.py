"""A sighting: one snapshot in canonical terms, before the ledger has compared it with what it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.canonical.event import Act, Actor, Origin
from bridge.canonical.kind import Kinds
from bridge.canonical.ref import Ref


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A record as a source read it from a snapshot.

    `record` holds JSON values by canonical field name; a missing name is *unknown*, a `None` is
    *empty*. `moved` holds (before, after) of fields whose vendor change log could be read straight
    into canonical values: used when the record is not known yet. Of the fields that the kind
    tracks, those in `tracked` make changes.
    """

    kind: str  # record kind: feedback
    source: str  # id of the source that read it
    ref: Ref
    act: Act
    occurred_at: datetime
    record: Mapping[str, Any]
    origin: Origin
    version: str = ""
    stamp: datetime | None = None
    created_at: datetime | None = None
    moved: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    actor: Actor | None = None
    ours: bool = False  # whatever was done last to the record, our account did it
    department: str | None = None  # of the actor, on that day
    customer: str | None = None
    project: str | None = None
    with_past: bool = False  # that it was made is told as well, as a fact of its own
    tracked: frozenset[str] | None = None  # None: all that the kind tracks
    into: Ref | None = None  # deleted, because it was merged into this one
    read_at: datetime | None = None  # it was read live, and not before then
    marks: tuple[str, ...] = ()  # write keys it carries: we have made it


@dataclass(frozen=True, kw_only=True)
class Context:
    """What every sighting of one message shares. `live_since`: when this connection first ran."""

    now: datetime
    kinds: Kinds
    message_id: str | None = None
    live_since: datetime | None = None
