"""What is old of messages, events and what was told of records."""

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from bridge.access import repeats
from bridge.duties.retention.cut import Cut, Done, count_of, gone_of
from bridge.duties.retention.deliveries import NEEDED, forget, needed
from bridge.inbox import store as inbox
from bridge.inbox.tables import MessageRow, MessageState
from bridge.ledger.tables import ChangeRow, EventRow, SeenEventRow
from bridge.outbox.tables import DeliveryRow
from bridge.rules.tables import DecisionRow

READ = (MessageState.TRANSLATED, MessageState.IGNORED)


def bodies(session: Session, cut: Cut) -> Done:
    """Messages lose body and headers; those that are bad keep them until they are read again."""
    before = cut.before(cut.keep.bodies)
    has_body = MessageRow.body.is_not(None)
    old = cut.next_old(session, MessageRow.seq, MessageRow.received_at, has_body, before=before)
    blank = (
        update(MessageRow)
        # One that is to be read again must keep its body.
        .where(MessageRow.seq.in_(old), MessageRow.state.in_(READ))
        .values(body=None, headers=None)
        .returning(MessageRow.seq)
    )
    return Done(looked=len(old), gone=count_of(session, blank) if old else 0)


def messages(session: Session, cut: Cut) -> Done:
    """Messages go, thinned long before. The oldest few are looked at: numbers follow time."""
    head = select(MessageRow.seq, MessageRow.received_at).where(MessageRow.state.in_(READ))
    before = cut.before(cut.keep.events)
    rows = session.execute(head.order_by(MessageRow.seq).limit(cut.chunk))
    seqs = [row.seq for row in rows if row.received_at < before]
    return gone_of(session, MessageRow.seq, seqs, MessageRow.state.in_(READ))


def events(session: Session, cut: Cut) -> Done:
    """Events go, and with each its decisions, its deliveries and their attempts.

    One with a delivery that somebody still needs stays, and one that a rule could not decide: it
    is decided again once the rule is mended.
    """
    undecided = exists().where(
        DecisionRow.event_id == EventRow.id,
        DecisionRow.answer == "error",
        DecisionRow.mended.is_(False),
    )
    owed_for = exists().where(DeliveryRow.event_id == EventRow.id, needed(DeliveryRow))
    before = cut.before(cut.keep.events)
    old = cut.next_old(session, EventRow.seq, EventRow.recorded_at, before=before)
    free = select(EventRow.id).where(EventRow.seq.in_(old), ~undecided, ~owed_for)
    ids = list(session.scalars(free)) if old else []
    own = select(DeliveryRow).where(DeliveryRow.event_id.in_(ids)).order_by(DeliveryRow.seq)
    owed = list(session.scalars(own.with_for_update())) if ids else []
    kept = {row.event_id for row in owed if row.state in NEEDED}  # replayed a moment ago
    gone = [one for one in ids if one not in kept]
    forget(session, [row for row in owed if row.event_id not in kept])
    if gone:
        session.execute(delete(DecisionRow).where(DecisionRow.event_id.in_(gone)))
        session.execute(delete(EventRow).where(EventRow.id.in_(gone)))
    return Done(looked=len(old), gone=len(gone))


def changes(session: Session, cut: Cut) -> Done:
    """The history of tracked fields goes. The oldest few are looked at, as with messages."""
    head = select(ChangeRow.seq, ChangeRow.at).order_by(ChangeRow.seq).limit(cut.chunk)
    before = cut.before(cut.keep.changes)
    seqs = [row.seq for row in session.execute(head) if row.at < before]
    return gone_of(session, ChangeRow.seq, seqs)


def seen(session: Session, cut: Cut) -> Done:
    """Identities of events go, but never before their event."""
    there = exists().where(EventRow.id == SeenEventRow.event_id)
    before = cut.before(cut.keep.seen)
    old = cut.next_old(session, SeenEventRow.event_id, SeenEventRow.seen_at, before=before)
    return gone_of(session, SeenEventRow.event_id, old, ~there)


def identities(session: Session, cut: Cut) -> Done:
    """Transport identities that nobody will send again, and answers kept for a day."""
    repeats.expire(session, now=cut.now)
    gone = inbox.forget_identities(session, now=cut.now, limit=cut.chunk)
    return Done(looked=gone, gone=gone)
