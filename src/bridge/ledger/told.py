"""Changes that the history holds already: the same fact comes by several ways, and late."""

from sqlalchemy import select

from bridge.canonical.event import Act, Change
from bridge.ledger.batch import Batch
from bridge.ledger.compare import plain
from bridge.ledger.latest import Latest
from bridge.ledger.sighting import Sighting
from bridge.ledger.tables import ChangeRow, EventRow

NEWEST = 200  # changes of one record: a look and the webhook of the same state come close together
COMPARED = "#"  # in the version of an event that a comparison made
Changes = tuple[Change, ...]


def unknown_only(batch: Batch, sighting: Sighting, changed: Changes) -> Changes:
    """Changes of a late fact that a newer one has not reported already."""
    if not changed:
        return ()
    ref = str(sighting.ref)
    query = select(ChangeRow.field, ChangeRow.after).where(ChangeRow.record == ref)
    known = [(row.field, row.after) for row in batch.session.execute(query)] + batch.told(ref)
    return tuple(change for change in changed if (change.field, change.after) not in known)


def not_compared(batch: Batch, row: Latest | None, sighting: Sighting, changed: Changes) -> Changes:
    """Changes of a vendor's log but those that a look at this very state has told already.

    A poll, a re-read or an Automation may come before the webhook: it has no change log, so it
    compares, and the webhook then tells the same again under the number of the change.
    """
    at = sighting.stamp
    if not changed or row is None or row.stamp != at or sighting.act is not Act.UPDATED:
        return changed
    newest = select(ChangeRow).where(ChangeRow.record == row.ref).order_by(ChangeRow.seq.desc())
    late = newest.limit(NEWEST).subquery()
    query = (
        select(late.c.field, late.c.after)
        .join(EventRow, EventRow.id == late.c.event_id)
        .where(EventRow.occurred_at == at, EventRow.version.contains(COMPARED))
    )
    told = [(line.field, plain(line.after)) for line in batch.settled().execute(query)]
    return tuple(
        change
        for change in changed
        if (change.field, plain(change.after)) not in told
        or plain(row.data.get(change.field)) != plain(change.after)
    )


def by_look(batch: Batch, row: Latest | None, sighting: Sighting) -> bool:
    """Whether a look at this very state has told what a message without a change log tells now."""
    at = sighting.stamp
    if row is None or at is None or row.stamp != at or sighting.act is not Act.UPDATED:
        return False
    looked = select(EventRow.id).where(
        EventRow.subject == row.ref,
        EventRow.occurred_at == at,
        EventRow.version.contains(COMPARED),
    )
    return batch.settled().scalar(looked.limit(1)) is not None
