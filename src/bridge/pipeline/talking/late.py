"""A copy that was on its way when its original was taken back: it is taken back as soon as it is there."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.ledger.tables import LinkRow
from bridge.outbox import store
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.talking.copying import withdraw
from bridge.pipeline.talking.owing import Owing
from bridge.pipeline.work import Work
from bridge.pipeline.world import World


def came_late(
    session: Session, world: World, delivery: DeliveryRow, link: LinkRow, *, now: datetime
) -> None:
    """Its create has succeeded, and its link is dead. `link` keeps where it is, so that it is known."""
    there = str((delivery.result or {}).get("ref") or "")
    if not there or link.right_ref is not None:
        return
    link.right_ref = there
    for row in store.waiting_for(session, delivery.subject, link.id):
        row.state, row.finished_at, row.reason = State.CANCELLED, now, link.note
    work = Work(session, world)
    owing = Owing(
        work=work,
        world=world,
        version=delivery.rule_version,
        event=None,
        cause=f"late:{delivery.id}",
        message_id=delivery.message_id,
        now=now,
    )
    withdraw(
        owing, link, there, delivery.target_ref or _target(world, delivery), about=delivery.subject
    )
    work.write()


def _target(world: World, delivery: DeliveryRow) -> str | None:
    """What it was said on."""
    name = world.actions[delivery.action].target
    return delivery.args.get(name) if name else None
