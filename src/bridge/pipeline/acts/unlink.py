"""Taking a link apart, because a person says so: the next create makes a new one."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bridge.errors import RuleError
from bridge.ledger.lock import lock_subjects
from bridge.ledger.tables import LinkRow, LinkState, ShadowRow
from bridge.outbox.tables import LINKED, DeliveryRow, spelled
from bridge.pipeline.acts.cancel import CANCELLABLE, cancel
from bridge.pipeline.work import Work
from bridge.pipeline.world import World
from bridge.pipeline.write_back import refresh


class OnItsWay(Exception):
    """The link's create has not come back; `delivery_id` is what to cancel instead."""

    def __init__(self, delivery_id: str | None) -> None:
        super().__init__(delivery_id)
        self.delivery_id = delivery_id or ""


def unlink(
    session: Session, world: World, link: LinkRow, *, by: str, why: str, now: datetime
) -> dict[str, Any]:
    """Delete the link, for the audit to keep; what was owed to its right end is cancelled.

    Neither record is touched, but for the fields that say on the left one what it is linked to.
    Raises OnItsWay for a reservation: freeing it would let its create make a record nobody knows.
    """
    if link.state == LinkState.RESERVED:
        raise OnItsWay(link.delivery_id)
    lock_subjects(session, [ref for ref in (link.left_ref, link.right_ref) if ref])
    owed = select(DeliveryRow).where(
        DeliveryRow.target_link == link.id, spelled(LINKED), DeliveryRow.state.in_(CANCELLABLE)
    )
    rows = list(session.scalars(owed.order_by(DeliveryRow.seq)))
    gone = cancel(session, world, rows, by=by, why=f"unlinked: {why}", now=now)
    kept = {
        name: getattr(link, name)
        for name in ("left_ref", "right_ref", "relation", "role", "state", "key", "note")
    }
    session.execute(delete(ShadowRow).where(ShadowRow.link_id == link.id))
    session.delete(link)
    session.flush()
    _write_back(session, world, kept["left_ref"], cause=f"unlink:{link.id}", now=now)
    return {**kept, "cancelled": [row.id for row in gone]}


def _write_back(session: Session, world: World, left: str, *, cause: str, now: datetime) -> None:
    try:
        rules = world.sets.active(session)
    except RuleError:
        return  # no mappings can be loaded: nothing says what to write back
    work = Work(session, world)
    refresh(work, world, rules, left, cause=f"{cause}:{now.isoformat()}", now=now)
    work.write()
