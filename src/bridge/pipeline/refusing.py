"""A vendor tells a write that its record is deleted, and nobody has told us: we know it from there.

The record may be back before anybody notices, and then looks as if it had never been away. What was
refused meanwhile is told again when it is shown the next time (`moves.hold_again`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.errors import PermanentError
from bridge.ledger import latest
from bridge.ledger.tables import LinkRow
from bridge.outbox import ordering
from bridge.outbox import store as outbox
from bridge.outbox.arming import action_of
from bridge.outbox.claims import End
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.alarming import lift_dead
from bridge.pipeline.world import World


def concerned(world: World, delivery: DeliveryRow, end: End) -> set[str]:
    """The record whose lock `refused` needs."""
    ref = _refused(world, delivery, end.state, end.code)
    return {ref} if ref else set()


def refused(session: Session, world: World, delivery: DeliveryRow, *, now: datetime) -> None:
    """Called with the end of a delivery."""
    ref = _refused(world, delivery, delivery.state, delivery.error_code)
    if ref:
        latest.refused(session, ref, now=now)


def take_back(session: Session, world: World, back: Sequence[LinkRow], *, now: datetime) -> None:
    """Records of these links are there again: what was refused meanwhile stands in the way of nothing.

    A sync owes a value that was refused to nobody, until a person has mended what was wrong.
    """
    for row in (one for link in back for one in outbox.left_at(session, link.id)):
        if _refused(world, row, row.state, row.error_code):
            row.state, row.finished_at = State.SUPERSEDED, now
            row.reason = "its record was deleted, and is there again: what it lacks is owed anew"
            ordering.resettle(session, [row.ordering_key])
            lift_dead(session, world, row, now=now)
    session.flush()


def _refused(world: World, delivery: DeliveryRow, state: str, code: str) -> str | None:
    connected = world.connections.get(delivery.connection)
    if state != State.DEAD or connected is None or code not in connected.connector.deleted:
        return None
    try:
        action = action_of(delivery, world.actions)
    except PermanentError:
        return delivery.target_ref
    return delivery.target_ref or action.target_ref(delivery.connection)
