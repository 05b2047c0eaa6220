"""Whether a call would change nothing: the record is as we wrote it, as far as anybody has told us."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from bridge.connectors.action import Action, Outcome, Receipt
from bridge.ledger.tables import RecordRow
from bridge.outbox.claims import Claimed, End
from bridge.outbox.shadow import SLACK, Shadow
from bridge.outbox.tables import DeliveryRow, State

OUTCOME = "no_op"


def left(claimed: Claimed, receipt: Receipt, action: Action[Any]) -> Shadow | None:
    """What a call left at its record, if it went well at once and as it was asked."""
    row, sets = claimed.delivery, action.sets()
    plain = receipt.outcome is Outcome.DONE and not receipt.note and receipt.ref is not None
    if not sets or not plain or claimed.rescued or _is_doubtful(row):
        return None
    assert receipt.ref is not None
    return Shadow.of(receipt.ref, row.id, sets, manner=_manner(action))


def believed(
    claimed: Claimed, action: Action[Any], *, now: datetime, seconds: float
) -> Shadow | None:
    """The write that was the last at this key, if it left what this one would. `None`: it must go out.

    So must a replay, what came back behind something newer, what is sent to try a place, and what
    goes alone because somebody reacts to each write.
    """
    row, sets = claimed.delivery, action.sets()
    asked = claimed.rescued or claimed.behind or claimed.probe or row.replay_id or row.hold_id
    if not sets or asked or row.alone or _is_doubtful(row):
        return None
    shadow = Shadow.read(claimed.shadow)
    if shadow is None or not shadow.counts(claimed.fence, now=now, seconds=seconds):
        return None
    return shadow if shadow.says(sets, manner=_manner(action)) else None


def heard_since(session: Session, shadow: Shadow) -> bool:
    """Whether somebody may have changed the record since that write, or about then.

    A record that our account touched last was touched by nobody since our last write, which this is.
    Who did is not always told; then whatever was shown counts.
    """
    record = session.get(RecordRow, shadow.ref)
    if record is None or record.ours:
        return False
    since = datetime.fromtimestamp(shadow.at, UTC) - SLACK
    return record.updated_at >= since or (record.stamp is not None and record.stamp >= since)


def end(shadow: Shadow) -> End:
    written = datetime.fromtimestamp(shadow.at, UTC)
    return End(
        state=State.UNCHANGED,
        outcome=OUTCOME,
        called=False,
        spends_try=False,
        reason=(
            f"nothing was sent: {shadow.by} wrote the same at {written:%H:%M:%S} UTC, and the record"
            " has not shown anything else since"
        ),
    )


def _manner(action: Action[Any]) -> str:
    return f"{action.kind}|{action.manner()}"


def _is_doubtful(row: DeliveryRow) -> bool:
    return bool(row.tries or row.claims > 1 or row.find_first or row.uncertain)
