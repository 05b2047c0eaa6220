"""What a rule or a connection in mode `observe` owes is held: recorded, not sent."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.connectors.contract import Mode
from bridge.outbox import hold
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.world import World


def observe(session: Session, world: World, row: DeliveryRow, *, rule: bool, now: datetime) -> None:
    """Hold a delivery that is pending or waits, if its rule (`rule`) or its connection only observes."""
    connected = world.connections.get(row.connection)
    observes = connected is not None and connected.settings.mode is Mode.OBSERVE
    if not (rule or observes) or row.state not in {State.PENDING, State.WAITING}:
        return
    about = f"rule {row.rule}" if rule else f"connection {row.connection}"
    held = hold.open_hold(
        session,
        "observe",
        about,
        reason=f"{about} is in mode observe: recorded, not sent",
        connection=row.connection,
        rule=row.rule if rule else None,
        now=now,
    )
    row.hold_id, row.reason = held.id, held.reason
    row.state = State.HELD if row.state == State.PENDING else row.state
