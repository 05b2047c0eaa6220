"""Holds: deliveries that wait for a person, and what the person may do about them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bridge.access.paging import Span
from bridge.bell import CHORES
from bridge.canonical.ids import random_id
from bridge.db import insert_once, ring
from bridge.ledger.lock import lock_with_linked
from bridge.outbox import ordering, store
from bridge.outbox.tables import UNDER_WAY, DeliveryRow, HoldRow, State, spelled

OPEN, RELEASED, DISCARDED, EXPIRED = "open", "released", "discarded", "expired"
CHUNK = 200  # deliveries of a decided hold that go, or are cancelled, in one transaction
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


def left(session: Session, hold_id: str) -> int:
    """How many are held, or still wait for a link and would be held then."""
    query = select(func.count()).select_from(DeliveryRow)
    return session.scalar(query.where(*_is_held(hold_id))) or 0


def release(session: Session, hold: HoldRow, *, by: str, why: str, now: datetime) -> int:
    """Let the held deliveries go; how many go. One that waits for a link goes when it is there.

    The first go at once, the others by `carry_out`: thousands would keep everybody else waiting.
    """
    count = left(session, hold.id)
    _close(hold, RELEASED, Then.RELEASE, by=by, why=why, now=now)
    carry_out(session, hold, now=now)
    return count


def discard(
    session: Session, hold: HoldRow, *, by: str, why: str, now: datetime
) -> list[DeliveryRow]:
    """Cancel the held deliveries; those that were cancelled at once. The others follow in the same way."""
    _close(hold, DISCARDED, Then.DISCARD, by=by, why=why, now=now)
    return carry_out(session, hold, now=now)


def under_way(session: Session) -> list[str]:
    """Holds that are decided and have deliveries left."""
    query = select(HoldRow.id).where(spelled(UNDER_WAY))
    return list(session.scalars(query.order_by(HoldRow.seq)))


def carry_out(session: Session, hold: HoldRow, *, now: datetime) -> list[DeliveryRow]:
    """What was decided, for the next few, the oldest first; those that were cancelled."""
    found = session.scalars(
        select(DeliveryRow).where(*_is_held(hold.id)).order_by(DeliveryRow.seq).limit(CHUNK)
    ).all()
    then = Then(hold.doing)
    if len(found) < CHUNK:
        hold.doing = ""
    else:
        ring(session, CHORES)
    if then is Then.DISCARD:  # what follows of each needs its record, and others take that first
        lock_with_linked(session, [row.subject for row in found])
    few = [
        row for row in store.locked(session, found) if row.hold_id == hold.id and row.state in _HELD
    ]
    if then is Then.DISCARD:
        return _cancelled(few, hold, now=now)
    _let_go(session, few, now=now)
    return []


def _let_go(session: Session, few: Sequence[DeliveryRow], *, now: datetime) -> None:
    for delivery in few:
        delivery.hold_id = None
        if delivery.state == State.HELD:
            delivery.state, delivery.reason, delivery.not_before = State.PENDING, "", now
    ordering.call_up(session, [row for row in few if row.state == State.PENDING])


def _cancelled(few: list[DeliveryRow], hold: HoldRow, *, now: datetime) -> list[DeliveryRow]:
    said = hold.decisions[-1]
    for delivery in few:
        delivery.state, delivery.finished_at = State.CANCELLED, now
        delivery.reason = f"discarded by {said['by']}: {said['why']}"
    return few


def _is_held(hold_id: str) -> tuple[ColumnElement[bool], ...]:
    return DeliveryRow.hold_id == hold_id, DeliveryRow.state.in_(_HELD)


def _close(hold: HoldRow, state: str, doing: Then, *, by: str, why: str, now: datetime) -> None:
    decision: dict[str, Any] = {"by": by, "what": state, "why": why, "at": now.isoformat()}
    hold.state, hold.doing, hold.decided_at = state, doing, now
    hold.decisions = [*hold.decisions, decision]
