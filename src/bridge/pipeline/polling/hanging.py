"""What hangs on records that a search has shown, comments and files, compared with what is known of it.

All that hangs on a record is listed, so what is known and not there was taken away. It is read once
more by itself before that is believed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.event import Origin
from bridge.canonical.ref import Ref
from bridge.connectors.contract import Snapshot
from bridge.connectors.found import Touched
from bridge.errors import RuleError
from bridge.ledger import latest
from bridge.ledger.latest import Latest
from bridge.pipeline.polling import store
from bridge.rules.sources import Source, interpret

PAGE = 20  # records a step: each is a call, and all must fit into a lease
SEEN_BY = "public"  # who may see it: that may be changed and nothing else, its time neither


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A record that a search has shown, and all that hangs on it now: as shown, and as known."""

    on: Touched
    there: Sequence[Snapshot]
    known: Mapping[Ref, Latest]


@dataclass(frozen=True, kw_only=True)
class Span:
    """What was changed from then until then is looked for. What is older is history."""

    since: datetime
    until: datetime


def listed(
    session: Session,
    source: Source,
    on: str,
    found: Sequence[Touched],
    there: Mapping[str, Sequence[Snapshot]],
) -> list[Listed]:
    """`on`: the vendor's object that was searched. What could not be read is left out."""
    refs = {str(Ref(source.connection, on, one.id)): one for one in found if one.id in there}
    known: dict[str, dict[Ref, Latest]] = defaultdict(dict)
    for row in latest.hanging_on(session, refs) if refs else ():
        ref = Ref.parse(row.ref)
        if (ref.connection, ref.kind) == (source.connection, source.object):
            known[row.parent or ""][ref] = row
    return [Listed(on=one, there=there[one.id], known=known[ref]) for ref, one in refs.items()]


def news(session: Session, source: Source, lists: Sequence[Listed], span: Span) -> list[Touched]:
    """What neither the ledger knows as it is, nor a search has brought."""
    named = [pair for one in lists for pair in (*_changed(one, span), *_taken_away(one))]
    fresh = [touched for _, touched in store.unknown(session, source.id, named)]
    told = {touched.id for touched in fresh}
    veiled = (touched for one in lists for touched in _veiled(source, one))
    return fresh + [touched for touched in veiled if touched.id not in told]


def _changed(one: Listed, span: Span) -> Iterator[tuple[Ref, Touched]]:
    for shown in one.there:
        if shown.stamp is not None and span.since <= shown.stamp <= span.until:
            yield shown.ref, _touched(one, shown.ref, shown.stamp)


def _taken_away(one: Listed) -> Iterator[tuple[Ref, Touched]]:
    """No earlier than it was last seen: an index that lags shows the record as it was before."""
    there = {shown.ref for shown in one.there}
    for ref, row in one.known.items():
        if ref not in there:
            stamp = max(one.on.stamp, row.stamp or one.on.stamp)
            yield ref, _touched(one, ref, stamp, gone=True)


def _veiled(source: Source, one: Listed) -> Iterator[Touched]:
    """What others may see now than is known, at the same time of its last change."""
    for shown in one.there:
        row = one.known.get(shown.ref)
        if row is None or row.stamp is None or row.stamp != shown.stamp:
            continue
        try:
            sighting = interpret(source, shown, origin=Origin.POLL)
        except RuleError:
            continue  # it will be said where it is told
        if sighting and sighting.record.get(SEEN_BY) != row.data.get(SEEN_BY):
            yield _touched(one, shown.ref, row.stamp)


def _touched(one: Listed, ref: Ref, stamp: datetime, *, gone: bool = False) -> Touched:
    return Touched(id=ref.id, stamp=stamp, gone=gone, on=one.on.id)
