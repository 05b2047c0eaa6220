"""Cards that grew old while they waited: one catch-up card says what all of them would have said."""

from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bridge.connectors.contract import Action
from bridge.db import Database
from bridge.outbox import ordering
from bridge.outbox.tables import DeliveryRow, OrderingKeyRow, State

MOST = 100  # cards in one catch-up card


@runtime_checkable
class Mergeable(Protocol):
    """An action whose stale copies can be told as one."""

    @classmethod
    def merge(cls, actions: Any) -> Any: ...


def catch_up(
    database: Database, delivery: DeliveryRow, action: Action[Any], *, now: datetime
) -> Action[Any]:
    """The action to run: itself, or one card for all stale ones of its channel, this one's first try."""
    if delivery.stale_at is None or now < delivery.stale_at or not isinstance(action, Mergeable):
        return action
    with database.transaction() as session:
        others = _others(session, delivery, action, now)
        if not others:
            return action
        kind = type(action)
        merged: Action[Any] = kind.merge([action, *(kind.model_validate(o.args) for o in others)])
        for other in others:
            other.state, other.superseded_by = State.MERGED, delivery.id
            other.finished_at, other.reason = now, "told in one catch-up card with others"
        own = session.get_one(DeliveryRow, delivery.seq)
        own.args, own.stale_at = merged.model_dump(mode="json"), None
        ordering.resettle(session, [other.ordering_key for other in others])
    delivery.args, delivery.stale_at = own.args, None
    return merged


def _others(
    session: Session, delivery: DeliveryRow, action: Action[Any], now: datetime
) -> list[DeliveryRow]:
    """Stale, untried cards of the same channel whose keys nobody holds; their keys are locked."""
    query = (
        select(DeliveryRow)
        .where(
            DeliveryRow.connection == delivery.connection,
            DeliveryRow.action == delivery.action,
            DeliveryRow.state == State.PENDING,
            DeliveryRow.tries == 0,
            DeliveryRow.stale_at <= now,
            DeliveryRow.id != delivery.id,
        )
        .order_by(DeliveryRow.seq)
        .limit(MOST)
    )
    same = [row for row in session.scalars(query) if row.args.get("channel") == _channel(action)]
    keys = sorted({row.ordering_key for row in same})
    free = select(OrderingKeyRow.key).where(
        OrderingKeyRow.key.in_(keys),
        or_(OrderingKeyRow.leased_until.is_(None), OrderingKeyRow.leased_until < now),
    )
    locked = set(session.scalars(free.with_for_update(skip_locked=True)))
    return [row for row in same if row.ordering_key in locked]


def _channel(action: Action[Any]) -> Any:
    return getattr(action, "channel", None)
