"""What is owed, as the pipeline writes it down, with values that tests do not care about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.connectors.action import Action
from bridge.outbox.arming import batch, ordering_key
from bridge.outbox.tables import DeliveryRow, State


def owed(
    number: int, action: str, args: Mapping[str, Any], *, now: datetime, **more: Any
) -> DeliveryRow:
    """The delivery of this number, not armed yet; `more` are further values of the row."""
    values: dict[str, Any] = {
        "id": f"dlv-{number}",
        "event_id": f"evt-{number}",
        "message_id": None,
        "rule": "a-rule",
        "rule_version": "1",
        "step": "step",
        "action": action,
        "args": dict(args),
        "needs": {},
        "origin": "webhook",
        "state": State.PENDING,
        "not_before": now,
        "occurred_at": now,
        "created_at": now,
        **more,
    }
    return DeliveryRow(**values)


def armed(row: DeliveryRow, action: Action[Any]) -> DeliveryRow:
    """The same with its place in the order, and with whom it may share a call."""
    row.ordering_key, row.batch = ordering_key(row, action), batch(action, bulk=True)
    return row
