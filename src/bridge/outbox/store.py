"""Deliveries as rows: owe them, read them, lock them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.db import insert_in_order
from bridge.outbox import ordering
from bridge.outbox.tables import (
    LINKED,
    LOST,
    NOT_OVER,
    SET_ASIDE,
    WAITING,
    AttemptRow,
    DeliveryRow,
    State,
    spelled,
)

_DEFAULTS = {
    column.name: column.default.arg if column.default and column.default.is_scalar else None
    for column in DeliveryRow.__table__.columns
    if column.name != "seq"
}


def owe(session: Session, rows: Sequence[DeliveryRow]) -> list[DeliveryRow]:
    """Add deliveries that are not owed already; those that were new. Pending ones are called up.

    The rows stay what they are given as: values that no session knows.
    """
    values = [_values(row) for row in rows]
    new = insert_in_order(session, DeliveryRow, values, key="id")
    added = [row for row in {row.id: row for row in rows}.values() if row.id in new]
    ordering.call_up(session, [row for row in added if row.state == State.PENDING])
    return added


def lost(session: Session, write_keys: Collection[str]) -> list[DeliveryRow]:
    """Deliveries with these write keys whose answer was lost and that no worker has in hand."""
    query = select(DeliveryRow).where(DeliveryRow.write_key.in_(sorted(write_keys)), spelled(LOST))
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def in_hand(session: Session, write_keys: Collection[str]) -> list[DeliveryRow]:
    """Deliveries with these write keys that a worker has in hand, or had when it died."""
    query = select(DeliveryRow).where(
        DeliveryRow.write_key.in_(sorted(write_keys)),
        DeliveryRow.state == State.IN_FLIGHT,
        spelled(NOT_OVER),
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def by_id(session: Session, ids: Sequence[str]) -> list[DeliveryRow]:
    """Deliveries in the order they were owed."""
    if not ids:
        return []
    query = select(DeliveryRow).where(DeliveryRow.id.in_(sorted(set(ids))))
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def one(session: Session, delivery_id: str) -> DeliveryRow | None:
    return session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id))


def of_step(
    session: Session, event_id: str, rule: str, names: Collection[str]
) -> list[DeliveryRow]:
    """Everything one step of a rule owed for one event, under all its names, replays too."""
    query = select(DeliveryRow).where(
        DeliveryRow.event_id == event_id,
        DeliveryRow.rule == rule,
        DeliveryRow.step.in_(sorted(names)),
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def attempts(session: Session, delivery_id: str) -> list[AttemptRow]:
    query = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id)
    return list(session.scalars(query.order_by(AttemptRow.seq)))


def locked(session: Session, rows: Collection[DeliveryRow]) -> list[DeliveryRow]:
    """These deliveries as they are now, their keys and they themselves locked until the end.

    Whoever changes a delivery from outside goes this way, in the order that a claim has: the key,
    then the delivery. Else a claim made meanwhile is overwritten, and what it sends is lost.
    """
    ordering.lock(session, {row.ordering_key for row in rows})
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.seq.in_(sorted(row.seq for row in rows)))
        .order_by(DeliveryRow.seq)
    )
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def overdue(session: Session, *, now: datetime, limit: int = 50) -> list[DeliveryRow]:
    """Deliveries that wait for a record longer than their step allows."""
    query = select(DeliveryRow).where(spelled(WAITING), DeliveryRow.expires_at <= now)
    return list(session.scalars(query.order_by(DeliveryRow.expires_at).limit(limit)))


def waiting_for(session: Session, subject: str, link_id: str) -> list[DeliveryRow]:
    """Deliveries about a subject that wait for this link's right end."""
    query = (
        select(DeliveryRow)
        .where(
            DeliveryRow.subject == subject,
            DeliveryRow.state == State.WAITING,
            spelled(SET_ASIDE),
        )
        .order_by(DeliveryRow.seq)
    )
    return [row for row in session.scalars(query) if link_id in row.needs.values()]


def left_at(session: Session, link_id: str) -> list[DeliveryRow]:
    """What is owed to an end of this link, and dead or not over, in order."""
    query = select(DeliveryRow).where(DeliveryRow.target_link == link_id, spelled(LINKED))
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def may_have_happened(delivery: DeliveryRow) -> bool:
    """Whether it may be at the vendor although it did not end well."""
    doubtful = delivery.find_first or delivery.uncertain or delivery.error_kind == "ambiguous"
    return bool(doubtful or delivery.error_code == "kills_the_process")


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many deliveries each connection has in each state that is not over, and how many are dead.

    What is over is not counted: there are millions of them, and they are the history's business.
    """
    query = (
        select(DeliveryRow.connection, DeliveryRow.state, func.count())
        .where(spelled(NOT_OVER))
        .group_by(DeliveryRow.connection, DeliveryRow.state)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def open_count(session: Session, states: Collection[State]) -> int:
    """How many are in one of these states, which are not over."""
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(DeliveryRow.state.in_(sorted(states)), spelled(NOT_OVER))
    )
    return session.scalar(query) or 0


def queued(session: Session, connection: str, *, now: datetime, most: int) -> int:
    """How many wait for a call to this connection that might be made now, counted up to `most`."""
    waits = (
        select(DeliveryRow.seq)
        .where(
            DeliveryRow.state == State.PENDING,
            DeliveryRow.connection == connection,
            DeliveryRow.not_before <= now,
            spelled(NOT_OVER),
        )
        .limit(most)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(waits)) or 0


def fresh(session: Session, seqs: Collection[int]) -> dict[int, DeliveryRow]:
    """These deliveries as they are now."""
    query = select(DeliveryRow).where(DeliveryRow.seq.in_(sorted(seqs)))
    rows = session.scalars(query.execution_options(populate_existing=True)) if seqs else ()
    return {row.seq: row for row in rows}


def _values(row: DeliveryRow) -> dict[str, Any]:
    """Column values for an insert that may meet its like; defaults are written out."""
    given = vars(row)  # of a row that no session knows: what was never set is not there
    return {
        name: default if (value := given.get(name)) is None else value
        for name, default in _DEFAULTS.items()
    }
