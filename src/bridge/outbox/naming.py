"""Whom an action names is put into the words of its system just before the call."""

from collections.abc import Callable
from typing import Any

from bridge.connectors.action import Action
from bridge.outbox.tables import DeliveryRow

Naming = Callable[[DeliveryRow, Action[Any]], Action[Any]]


def as_it_says(_: DeliveryRow, action: Action[Any]) -> Action[Any]:
    """Where nobody knows who is who."""
    return action
