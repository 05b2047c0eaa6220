"""What a delivery would make on a record, and nobody wants there any more."""

from typing import Any

from bridge.connectors.action import Action
from bridge.db import Database
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox.claims import End
from bridge.outbox.tables import DeliveryRow, State


def taken_back(database: Database, delivery: DeliveryRow, action: Action[Any]) -> End | None:
    """Its link is dead before it led anywhere. `None`: it is wanted still."""
    if delivery.link_id is None or action.target is None:
        return None
    with database.reading() as session:
        link = session.get(LinkRow, delivery.link_id)
        if link is None or link.state != LinkState.DEAD:
            return None
        why = link.note
    return End(
        state=State.EXPIRED,
        outcome="taken_back",
        called=False,
        spends_try=False,
        uncertain=delivery.uncertain,
        reason=unwanted(why),
    )


def unwanted(why: str) -> str:
    return f"it is not to be seen there any more: {why}"
