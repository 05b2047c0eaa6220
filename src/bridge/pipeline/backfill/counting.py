"""What there is to bring: the search is walked once, and what the ledger has as new is left out."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bridge.connectors.found import Touched
from bridge.inbox.tables import BackfillRow
from bridge.ledger import latest
from bridge.pipeline.backfill import store
from bridge.pipeline.backfill.place import Place
from bridge.pipeline.backfill.wish import State, Wish

log = structlog.get_logger()


def begin(place: Place, wish: Wish, *, now: datetime) -> Iterator[Touched]:
    """The walk, before its first call. Raises PermanentError for a query that cannot be asked."""
    search = place.reader.search
    assert search is not None
    return search(place.connected.client, place.source.object, wish.query, wish.since, now)


def keep(
    session: Session,
    row: BackfillRow,
    place: Place,
    found: Sequence[Touched],
    *,
    anew: bool,
    now: datetime,
) -> None:
    """Note a page. `anew`: the walk begins, perhaps again after it was cut short."""
    if anew:
        row.found = row.known = 0
    there = [one for one in found if not one.gone]
    new = _unknown(session, place, there)
    row.found += len(there)
    row.known += len(there) - len(new)
    wanted = there if place.history else new  # a record may be known without its past
    row.total += store.put(session, row.id, [one.id for one in wanted])
    store.give_back(row, until=now)


def end(row: BackfillRow, *, now: datetime) -> None:
    """All is counted: it may be run."""
    row.state, row.expires_at = State.PLANNED, now + store.PLAN_LIVES
    log.info("backfill.planned", backfill=row.id, found=row.found, known=row.known)


def _unknown(session: Session, place: Place, found: Sequence[Touched]) -> list[Touched]:
    """Those that the ledger does not have as new as they are."""
    refs = {str(place.ref(one.id)): one for one in found}
    known = {row.ref: row for row in latest.read(session, list(refs))}
    return [one for ref, one in refs.items() if not is_known(known.get(ref), one.stamp)]


def is_known(record: latest.Latest | None, stamp: datetime | None) -> bool:
    """Whether the ledger has it as new as that."""
    if record is None or record.stamp is None or record.deleted_at is not None:
        return False
    return stamp is not None and record.stamp >= stamp
