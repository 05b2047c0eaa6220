"""Make a delivery ready to go: fill in the results it waited for, and give it its place in the order."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bridge.canonical.deferred import Results, resolve
from bridge.connectors.action import Action
from bridge.errors import PermanentError
from bridge.outbox.coalescing import Member
from bridge.outbox.tables import DeliveryRow, State

Actions = Mapping[str, type[Action[Any]]]


def action_of(row: DeliveryRow | Member, actions: Actions) -> Action[Any]:
    """The stored action. `PermanentError` when this version of Bridge cannot read it."""
    kind = actions.get(row.action)
    if kind is None:
        raise PermanentError(f"there is no action {row.action!r} any more", code="no_action")
    try:
        return kind.model_validate(row.args)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5]
        )
        raise PermanentError(f"{row.action} cannot be built: {wrong}", code="bad_action") from None


def arm(row: DeliveryRow, results: Results, actions: Actions, *, bulk: bool) -> None:
    """Fill in what was deferred and make the delivery pending; a waiting or new one only.

    `bulk`: whether its connection takes bulk calls.
    """
    kind = actions[row.action]
    linked = results.get("linked")
    args = dict(resolve(row.args, results))
    if linked and row.target_link and kind.target and kind.target not in args:
        args[kind.target] = linked["ref"]
    row.args = args
    row.target_ref = row.target_ref or (linked["ref"] if linked and row.target_link else None)
    action = action_of(row, actions)
    row.ordering_key, row.batch = ordering_key(row, action), batch(action, bulk=bulk)
    row.state = State.PENDING
    row.reason = ""


def batch(action: Action[Any], *, bulk: bool) -> str:
    """Which bulk calls it may share; empty: it goes alone."""
    shared = action.batch_key() if bulk and action.batch > 1 else None
    return "" if shared is None else f"{action.kind}|{shared}"


def ordering_key(row: DeliveryRow, action: Action[Any]) -> str:
    """Its target record; the reserved link for a create; channel and subject for a card."""
    if action.upserts:
        return f"{row.connection}|{action.ordering_key()}"
    if row.link_id and not action.target:
        return f"{row.connection}|link|{row.link_id}"
    if action.target:
        ref = row.target_ref or action.target_ref(row.connection)
        return f"{row.connection}|{ref or action.ordering_key()}"
    return f"{row.connection}|{action.ordering_key()}|{row.subject}"
