"""Cancelling what a person does not want sent; a dismissed create frees its link."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.ledger.lock import lock_with_linked
from bridge.outbox import ordering, store
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.after import dismissed
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.world import World

CANCELLABLE = frozenset({State.WAITING, State.PENDING, State.HELD, State.DEAD})


def cancel(
    session: Session, world: World, rows: Sequence[DeliveryRow], *, by: str, why: str, now: datetime
) -> list[DeliveryRow]:
    """Those that could be cancelled. What is in flight or over is left as it is."""
    lock_with_linked(session, [row.subject for row in rows])
    gone = [row for row in store.locked(session, rows) if row.state in CANCELLABLE]
    for row in gone:
        row.state, row.finished_at, row.hold_id = State.CANCELLED, now, None
        row.reason = f"cancelled by {by}: {why}" if why else f"cancelled by {by}"
    ordering.resettle(session, [row.ordering_key for row in gone])
    dismissed(session, world, gone)
    for row in gone:
        lift_dead(session, world, row, now=now)
    return gone
