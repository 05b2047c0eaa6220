"""Records as they were read go into the inbox, in the transaction that strikes them off the list.

What lies before the horizon is the past. What was changed since is on its way: its message, or the
search for it, tells it to rules, which would hear nothing of it if a backfill had told it first. So
such a record waits until those have had their turn.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bridge.connectors.contract import Snapshot
from bridge.inbox import store as inbox
from bridge.inbox.tables import BackfillRow
from bridge.ledger import latest
from bridge.pipeline.backfill import page, store
from bridge.pipeline.backfill.counting import is_known
from bridge.pipeline.backfill.place import Place, Shown
from bridge.pipeline.backfill.wish import State
from bridge.pipeline.polling import store as polls

GRACE = timedelta(minutes=1)  # the message of a change is on its way so long, as polls have it
RECENT = "changed a moment ago: left to their messages and polls first"
log = structlog.get_logger()


def bring(
    session: Session,
    row: BackfillRow,
    place: Place,
    shown: Shown,
    *,
    now: datetime,
    scale: float,
) -> None:
    """These records were asked for, and this came."""
    horizon = _horizon(session, place, now - GRACE * scale)
    past = [_before(one, horizon) for one in _past(session, shown.records, horizon)]
    told = list(page.arrivals(row.id, past, read=place.fields, now=now))
    if told:
        inbox.keep(session, told, now=now)
    fresh = {one.ref.id for one in shown.records} - {one.ref.id for one in past}
    over = [one for one in shown.ids if one not in fresh]
    store.defer(session, row.id, sorted(fresh), now + GRACE * scale)
    store.take_away(session, row.id, over)
    row.done += len(over)
    row.brought += len(past)
    _go_on(session, row, now=now)


def _go_on(session: Session, row: BackfillRow, *, now: datetime) -> None:
    left, first = store.next_ready(session, row.id)
    if left:
        rests = first is not None and first > now
        store.give_back(row, until=first or now, problem=RECENT if rests else "")
        return
    store.give_back(row, until=now)
    row.state, row.finished_at = State.DONE, now
    log.info("backfill.done", backfill=row.id, done=row.done, brought=row.brought)


def _horizon(session: Session, place: Place, recent: datetime) -> datetime:
    """What was changed before then has been told, as far as anybody tells it."""
    rows = [polls.one(session, one) for one in place.polled]
    return min([recent, *(row.since for row in rows if row is not None)])


def _before(shown: Snapshot, horizon: datetime) -> Snapshot:
    """What was changed since is told by those whose news it is."""
    return replace(shown, past=tuple(one for one in shown.past if one.at <= horizon))


def _past(session: Session, shown: Sequence[Snapshot], horizon: datetime) -> list[Snapshot]:
    """Those that lie before the horizon, or are known as they are."""
    known = {row.ref: row for row in latest.read(session, [str(one.ref) for one in shown])}
    return [
        one
        for one in shown
        if one.stamp is None or one.stamp <= horizon or is_known(known.get(str(one.ref)), one.stamp)
    ]
