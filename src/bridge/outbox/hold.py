"""Holds: deliveries that wait for a person, and what the person may do about them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.access.paging import Span
from bridge.canonical.ids import random_id
from bridge.db import insert_once
from bridge.outbox import ordering, store
from bridge.outbox.tables import DeliveryRow, HoldRow, State

OPEN, RELEASED, DISCARDED, EXPIRED = "open", "released", "discarded", "expired"
_HELD = (State.HELD, State.WAITING)


class Then(StrEnum):
    """What becomes of the held deliveries when nobody has decided in time."""

    RELEASE = "release"
    DISCARD = "discard"


def open_hold(
    session: Session,
    kind: str,
    about: str,
    *,
    reason: str,
    connection: str | None,
    rule: str | None,
    now: datetime,
) -> HoldRow:
    """The open hold of this kind about this subject; a new one if there is none.

    It stays open until this transaction ends: a decision meanwhile would miss what is held here.
    """
    query = select(HoldRow).where(
        HoldRow.kind == kind, HoldRow.about == about, HoldRow.state == OPEN
    )
    values: dict[str, Any] = {
        "id": random_id("hld"),
        "kind": kind,
        "about": about,
        "connection": connection,
        "rule": rule,
        "reason": reason,
        "decisions": [],
        "created_at": now,
    }
    while True:  # another node may open it at the same time, or a person decide it
        found = session.scalars(query.with_for_update(read=True)).first()
        if found:
            return found
        insert_once(session, HoldRow, [values], key="id")


def one(session: Session, hold_id: str) -> HoldRow | None:
    """This hold, locked until the end."""
    return session.scalar(select(HoldRow).where(HoldRow.id == hold_id).with_for_update())


def page(session: Session, span: Span, *, state: str) -> Sequence[HoldRow]:
    """The holds of one span in that state, and one more if there is one."""
    query = select(HoldRow).where(HoldRow.state == state)
    return session.scalars(span.of(query, HoldRow.seq)).all()


def overdue(session: Session, *, now: datetime) -> list[str]:
    """Open holds that nobody has decided in time, the longest overdue first; their ids."""
    query = select(HoldRow.id).where(
        HoldRow.state == OPEN, HoldRow.until <= now, HoldRow.then.in_(list(Then))
    )
    return list(session.scalars(query.order_by(HoldRow.until, HoldRow.seq)))


def members(session: Session, hold_id: str) -> list[DeliveryRow]:
    """What is held, and what still waits for a link and would be held then; locked."""
    query = select(DeliveryRow).where(DeliveryRow.hold_id == hold_id, DeliveryRow.state.in_(_HELD))
    found = store.locked(session, session.scalars(query).all())
    return [row for row in found if row.hold_id == hold_id and row.state in _HELD]


def release(session: Session, hold: HoldRow, *, by: str, why: str, now: datetime) -> int:
    """Let the held deliveries go; how many went. One that waits for a link goes when it is there."""
    held = members(session, hold.id)
    for delivery in held:
        delivery.hold_id = None
        if delivery.state == State.HELD:
            delivery.state, delivery.reason, delivery.not_before = State.PENDING, "", now
    ordering.call_up(session, [row for row in held if row.state == State.PENDING])
    _close(hold, RELEASED, by=by, why=why, now=now)
    return len(held)


def discard(
    session: Session, hold: HoldRow, *, by: str, why: str, now: datetime
) -> list[DeliveryRow]:
    """Cancel the held deliveries; which they were."""
    held = members(session, hold.id)
    for delivery in held:
        delivery.state, delivery.reason = State.CANCELLED, f"discarded by {by}: {why}"
        delivery.finished_at = now
    _close(hold, DISCARDED, by=by, why=why, now=now)
    return held


def _close(hold: HoldRow, state: str, *, by: str, why: str, now: datetime) -> None:
    decision: dict[str, Any] = {"by": by, "what": state, "why": why, "at": now.isoformat()}
    hold.state, hold.decided_at = state, now
    hold.decisions = [*hold.decisions, decision]
