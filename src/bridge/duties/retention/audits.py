"""What is old of audits of links: the differences first, for they hold values."""

from sqlalchemy.orm import Session

from bridge.duties.retention.cut import Cut, Done, gone_of
from bridge.ledger.tables import DifferenceRow, DriftRow
from bridge.pipeline.drift.store import WORKING


def differences(session: Session, cut: Cut) -> Done:
    """What audits of links found goes with the bodies: it holds values of records."""
    before = cut.before(cut.keep.bodies)
    old = cut.next_old(session, DifferenceRow.seq, DifferenceRow.found_at, before=before)
    return gone_of(session, DifferenceRow.seq, old)


def drifts(session: Session, cut: Cut) -> Done:
    """Audits of links go with the events; their shares are a history."""
    before, over = cut.before(cut.keep.events), DriftRow.state.not_in(WORKING)
    old = cut.next_old(session, DriftRow.seq, DriftRow.begun_at, before=before)
    return gone_of(session, DriftRow.seq, old, over)
