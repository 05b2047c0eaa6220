"""The past of records, as their vendors' change logs tell it: each fact once, however often it is read.

What a message told under the number of an entry is known by its identity. What a comparison found, of
a poll or a record that was read, has no number: it told the last entry before it, if it came to the
same value. So the entries of a record are added the newest first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from bridge.canonical.event import Act, Change, event_id
from bridge.canonical.kind import Kinds
from bridge.canonical.timed import record_kind
from bridge.db import table_of
from bridge.ledger import compare
from bridge.ledger.batch import Batch
from bridge.ledger.sighting import Context, Sighting
from bridge.ledger.store import Applied, add_past
from bridge.ledger.tables import ChangeRow, EventRow
from bridge.ledger.told import COMPARED

SLACK = timedelta(seconds=2)  # a record's stamp and the line of its log are not of one instant
_CHANGE, _EVENT = table_of(ChangeRow), table_of(EventRow)
_KNOWN = (
    select(
        _CHANGE.c.record, _CHANGE.c.field, _CHANGE.c.at, _CHANGE.c.after,
        _EVENT.c.kind, _EVENT.c.version,
    )
    .join(_EVENT, _EVENT.c.id == _CHANGE.c.event_id)
    .where(_CHANGE.c.record.in_(bindparam("refs", expanding=True)))
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """A change that is known. `seen`: it was found by looking, so it may stand for several."""

    at: datetime
    after: object
    seen: bool


@dataclass(frozen=True, kw_only=True)
class History:
    """The known changes of some records, by record and field."""

    lines: dict[tuple[str, str], list[Line]] = field(default_factory=lambda: defaultdict(list))

    def has(self, ref: str, change: Change, at: datetime) -> bool:
        """Whether a look has told this change: the first look since then, with nothing in between."""
        known = self.lines[ref, change.field]
        looks = [one for one in known if one.seen and one.at >= at - SLACK]
        if not looks:
            return False
        first = min(looks, key=lambda one: one.at)
        between = any(not one.seen and at < one.at <= first.at for one in known)
        return not between and compare.plain(first.after) == compare.plain(change.after)

    def add(self, ref: str, changes: Iterable[Change], at: datetime) -> None:
        for change in changes:
            line = Line(at=at, after=change.after, seen=False)
            self.lines[ref, change.field].append(line)


def known_past(batch: Batch, told: Sequence[tuple[Sighting, Context]]) -> History:
    """What is known of the records that this is told of, what the batch has kept back among it."""
    refs = {str(sighting.ref) for sighting, _ in told}
    batch.foresee([_identity(sighting) for sighting, _ in told])
    found = History()
    for row in batch.settled().execute(_KNOWN, {"refs": sorted(refs)}):
        created = row.kind == f"{record_kind(row.kind)}.{Act.CREATED}"
        line = Line(at=row.at, after=row.after, seen=created or COMPARED in row.version)
        found.lines[row.record, row.field].append(line)
    return found


def apply_past(
    batch: Batch, history: History, told: Iterable[tuple[Sighting, Context]]
) -> Iterator[tuple[Applied, Context]]:
    """Add what is not known yet. Of one record the newest must come first."""
    for sighting, context in told:
        changed = _news(history, sighting, context.kinds)
        if changed or sighting.act is Act.CREATED:
            applied = add_past(batch, sighting, changed, context)
            if applied is not None:
                history.add(str(sighting.ref), changed, sighting.occurred_at)
                yield applied, context


def _identity(sighting: Sighting) -> str:
    return event_id(sighting.ref, f"{sighting.kind}.{sighting.act}", sighting.version)


def _news(history: History, sighting: Sighting, kinds: Kinds) -> tuple[Change, ...]:
    tracked = kinds[sighting.kind].tracked
    if sighting.tracked is not None:
        tracked &= sighting.tracked
    logged = compare.stale_changes(sighting, tracked)
    ref, at = str(sighting.ref), sighting.occurred_at
    return tuple(change for change in logged if not history.has(ref, change, at))
