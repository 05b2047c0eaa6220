"""Holds: deliveries that wait for a person, and what the person may do about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.ids import random_id
from bridge.outbox import ordering, store
from bridge.outbox.tables import DeliveryRow, HoldRow, State

_HELD = (State.HELD, State.WAITING)


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
    """The open hold of this kind about this subject; a new one if there is none."""
    query = select(HoldRow).where(
        HoldRow.kind == kind, HoldRow.about == about, HoldRow.state == "open"
    )
    found = session.scalars(query).first()
    if found:
        return found
    hold = HoldRow(
        id=random_id("hld"),
        kind=kind,
        about=about,
        connection=connection,
        rule=rule,
        reason=reason,
        decisions=[],
        created_at=now,
    )
    session.add(hold)
    session.flush()
    return hold


def one(session: Session, hold_id: str) -> HoldRow | None:
    return session.get(HoldRow, hold_id, with_for_update=True)


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
    _close(hold, "released", by=by, why=why, now=now)
    return len(held)


def discard(
    session: Session, hold: HoldRow, *, by: str, why: str, now: datetime
) -> list[DeliveryRow]:
    """Cancel the held deliveries; which they were."""
    held = members(session, hold.id)
    for delivery in held:
        delivery.state, delivery.reason = State.CANCELLED, f"discarded by {by}: {why}"
        delivery.finished_at = now
    _close(hold, "discarded", by=by, why=why, now=now)
    return held


def _close(hold: HoldRow, state: str, *, by: str, why: str, now: datetime) -> None:
    decision: dict[str, Any] = {"by": by, "what": state, "why": why, "at": now.isoformat()}
    hold.state, hold.decided_at = state, now
    hold.decisions = [*hold.decisions, decision]
