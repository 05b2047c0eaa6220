"""What is old of long work: replays, adoptions, backfills."""

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.duties.retention.cut import Cut, Done, gone_of
from bridge.inbox.tables import BackfillRecordRow, BackfillRow
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow
from bridge.outbox.tables import PlanRow
from bridge.replays.tables import ReplayItemRow, ReplayRow

REPLAYED = ("planned", "done", "cancelled")  # those that are over, or were never run
UNDER_WAY = ("querying", "reading", "running")  # adoptions
BACKFILLED = ("counting", "running", "paused")  # backfills that are not over
NOTHING = Done(looked=0, gone=0)


def plans(session: Session, cut: Cut) -> Done:
    """Replays that were run, dropped or never run go with the events."""
    old = select(PlanRow.id).where(
        PlanRow.state != "running", PlanRow.created_at < cut.before(cut.keep.events)
    )
    return gone_of(session, PlanRow.id, session.scalars(old.limit(cut.chunk)).all())


def replays(session: Session, cut: Cut) -> Done:
    """Replays that are over, or were never run, go with the events: the oldest, its items first."""
    old = select(ReplayRow.id).where(
        ReplayRow.state.in_(REPLAYED), ReplayRow.created_at < cut.before(cut.keep.events)
    )
    oldest = session.scalars(old.order_by(ReplayRow.seq).limit(1)).first()
    own = ReplayItemRow.replay_id == oldest
    return _taken_apart(
        session, cut, oldest, id_=ReplayRow.id, number=ReplayItemRow.number, own=own
    )


def adoptions(session: Session, cut: Cut) -> Done:
    """Adoptions that are over, or were never run, go with the events: the oldest, pairs first."""
    old = select(AdoptionRow.id).where(
        AdoptionRow.state.not_in(UNDER_WAY), AdoptionRow.created_at < cut.before(cut.keep.events)
    )
    oldest = session.scalars(old.order_by(AdoptionRow.created_at).limit(1)).first()
    own = AdoptionPairRow.adoption_id == oldest
    return _taken_apart(
        session, cut, oldest, id_=AdoptionRow.id, number=AdoptionPairRow.number, own=own
    )


def backfills(session: Session, cut: Cut) -> Done:
    """Backfills that are over, or were never run, go with the events; what they had left to read goes
    with a plan that is too old to be run."""
    ended = BackfillRow.state.not_in(BACKFILLED)
    unread = exists().where(BackfillRecordRow.backfill_id == BackfillRow.id)
    left = select(BackfillRow.id).where(ended, BackfillRow.expires_at < cut.now, unread)
    found = session.scalars(left.limit(1)).first()
    if found is not None:
        own = BackfillRecordRow.backfill_id == found
        some = select(BackfillRecordRow.record_id).where(own).limit(cut.chunk)
        gone = delete(BackfillRecordRow).where(own, BackfillRecordRow.record_id.in_(some))
        session.execute(gone)
        return Done(looked=cut.chunk, gone=cut.chunk)  # there may be more
    old = select(BackfillRow.id).where(
        ended, BackfillRow.created_at < cut.before(cut.keep.events), ~unread
    )
    return gone_of(session, BackfillRow.id, session.scalars(old.limit(cut.chunk)).all())


def _taken_apart(
    session: Session,
    cut: Cut,
    oldest: str | None,
    *,
    id_: InstrumentedAttribute[str],
    number: InstrumentedAttribute[int],
    own: ColumnElement[bool],
) -> Done:
    """A chunk of the numbered parts of one piece of work goes; with the last of them it goes itself."""
    if oldest is None:
        return NOTHING
    numbers = session.scalars(select(number).where(own).limit(cut.chunk)).all()
    session.execute(delete(number.class_).where(own, number.in_(numbers)))
    if len(numbers) < cut.chunk:
        session.execute(delete(id_.class_).where(id_ == oldest))
    return Done(looked=cut.chunk, gone=max(1, len(numbers)))  # another may be old as well
