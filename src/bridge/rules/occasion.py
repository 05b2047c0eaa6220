"""When the event of a test happens: at its `now`, or, where time makes it, when that is due."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.ledger.facts import Due
from bridge.rules.timing import CHANGED, CREATED, Standing, Timing


def occasion(
    timing: Timing, record: Mapping[str, Any], *, since: datetime | None, now: datetime | None
) -> tuple[datetime | None, Due | None]:
    """The time of the test, and why time makes its event: `None` for a record of which it makes none.

    `since`: when the record came in or last changed. Left out, that is so long ago that the event
    comes now; what rests on a date rests on the record's.
    """
    placed = since or now or _EPOCH
    found = timing.since(Standing(data=record, created_at=placed, changed_at=placed))
    if found is None:
        return now, None
    if since is None and timing.field in (CREATED, CHANGED):
        return now, timing.due(placed, placed, now=placed)
    at = timing.at(found) or found
    return now or at, timing.due(found, at, now=now or at)


_EPOCH = datetime.fromisoformat("2026-01-15T12:00:00+00:00")
