"""Cards that grew old while they waited: one catch-up card says what all of them would have said."""

from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bridge.connectors.contract import Action
from bridge.db import Database
from bridge.outbox import ordering
from bridge.outbox.tables import STALE, DeliveryRow, OrderingKeyRow, State, spelled

MOST = 100  # cards in one catch-up card


@runtime_checkable
class Mergeable(Protocol):
    """An action whose stale copies can be told as one."""

    @classmethod
    def merge(cls, actions: Any) -> Any: ...


def left_to_another(
    database: Database, delivery: DeliveryRow, action: Action[Any], *, now: datetime
) -> bool:
    """Several old cards of a channel were claimed at once: the newest of them tells for the others."""
    if not _is_stale(delivery, action, now):
        return False
    query = select(DeliveryRow).where(
        DeliveryRow.connection == delivery.connection,
        DeliveryRow.action == delivery.action,
        DeliveryRow.state == State.IN_FLIGHT,
        spelled(STALE),
        DeliveryRow.stale_at <= now,
        DeliveryRow.seq > delivery.seq,
    )
    with database.reading() as session:
        begun = session.scalars(query.limit(MOST)).all()
    return any(row.args.get("channel") == _channel(action) for row in begun)


def catch_up(
    database: Database, delivery: DeliveryRow, action: Action[Any], *, now: datetime
) -> Action[Any]:
    """The action to run: itself, or one card for all stale ones of its channel, this one's first try."""
    if not _is_stale(delivery, action, now):
        return action
    with database.transaction() as session:
        others = _others(session, delivery, action, now=now, lease_now=database.now(session))
        if not others:
            return action
        own = session.get_one(DeliveryRow, delivery.seq)
        told = sorted([own, *others], key=lambda row: row.seq)
        kind = type(action)
        assert issubclass(kind, Mergeable)
        merged: Action[Any] = kind.merge([kind.model_validate(row.args) for row in told])
        for other in others:
            other.state, other.superseded_by = State.MERGED, delivery.id
            other.finished_at, other.reason = now, "told in one catch-up card with others"
        own.args, own.stale_at = merged.model_dump(mode="json"), None
        ordering.resettle(session, [other.ordering_key for other in others])
    delivery.args, delivery.stale_at = own.args, None
    return merged


def _others(
    session: Session,
    delivery: DeliveryRow,
    action: Action[Any],
    *,
    now: datetime,
    lease_now: datetime,
) -> list[DeliveryRow]:
    """Stale, untried cards of the same channel whose keys nobody holds; their keys are locked.

    They are read again behind the lock: what another worker has sent meanwhile is not told twice.
    """
    stale = (
        DeliveryRow.connection == delivery.connection,
        DeliveryRow.action == delivery.action,
        DeliveryRow.state == State.PENDING,
        spelled(STALE),
        DeliveryRow.tries == 0,
        DeliveryRow.stale_at <= now,
        or_(DeliveryRow.expires_at.is_(None), DeliveryRow.expires_at > now),
        DeliveryRow.id != delivery.id,
    )
    found = session.scalars(select(DeliveryRow).where(*stale).order_by(DeliveryRow.seq).limit(MOST))
    same = [row for row in found if row.args.get("channel") == _channel(action)]
    free = select(OrderingKeyRow.key).where(
        OrderingKeyRow.key.in_(sorted({row.ordering_key for row in same})),
        or_(OrderingKeyRow.leased_until.is_(None), OrderingKeyRow.leased_until < lease_now),
    )
    locked = list(
        session.scalars(free.order_by(OrderingKeyRow.key).with_for_update(skip_locked=True))
    )
    still = select(DeliveryRow).where(
        *stale,
        DeliveryRow.seq.in_([row.seq for row in same]),
        DeliveryRow.ordering_key.in_(locked),
    )
    return list(
        session.scalars(still.order_by(DeliveryRow.seq).execution_options(populate_existing=True))
    )


def _is_stale(delivery: DeliveryRow, action: Action[Any], now: datetime) -> bool:
    old = delivery.stale_at is not None and delivery.stale_at <= now
    return old and isinstance(action, Mergeable)


def _channel(action: Action[Any]) -> Any:
    return getattr(action, "channel", None)
