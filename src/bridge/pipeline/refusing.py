"""A vendor tells a write that its record is deleted, and nobody has told us: we know it from there.

The record may be back before anybody notices, and then looks as if it had never been away. What was
refused meanwhile is told again when it is shown the next time (`moves.hold_again`).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.errors import PermanentError
from bridge.ledger import latest
from bridge.outbox.arming import action_of
from bridge.outbox.claims import End
from bridge.outbox.tables import DeliveryRow, State
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


def _refused(world: World, delivery: DeliveryRow, state: str, code: str) -> str | None:
    connected = world.connections.get(delivery.connection)
    if state != State.DEAD or connected is None or code not in connected.connector.deleted:
        return None
    try:
        action = action_of(delivery, world.actions)
    except PermanentError:
        return delivery.target_ref
    return delivery.target_ref or action.target_ref(delivery.connection)
