"""Where a delivery that is owed again stands: in the queue, waiting for a record, or dead at once."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.errors import DeliveryError
from bridge.ledger import links
from bridge.ledger.tables import LinkState
from bridge.outbox.arming import arm
from bridge.outbox.cause import bury
from bridge.outbox.tables import DeliveryRow, State
from bridge.pipeline.earlier import dead_create, dead_link, end_dead, end_without_record
from bridge.pipeline.world import World

Sent = Callable[[DeliveryRow], bool]


def place(session: Session, world: World, row: DeliveryRow, *, sent: Sent, now: datetime) -> None:
    """Pending when everything it needs is there; else it waits again, or is dead and says why.

    `sent`: whether a dead create is one that goes before it. Only the row is changed.
    """
    wanted = [*row.needs.values(), *([row.link_id] if row.link_id else [])]
    needed = links.by_id(session, wanted)
    if any(link not in needed for link in wanted):
        bury(row, "link_freed", "the link it needs was freed; use redecide", now=now)
        return
    gone = dead_link(needed[link] for link in row.needs.values())
    if gone is not None:
        end_without_record(row, gone, now=now)
        return
    missing = [name for name, link in row.needs.items() if needed[link].state != LinkState.LIVE]
    if missing:
        row.state = State.WAITING
        row.reason = f"waits for the record that {missing[0]!r} creates"
        creating = dead_create(session, needed[row.needs[missing[0]]])
        if creating is not None and not sent(creating):
            end_dead(row, creating, now=now)
        return
    results = {name: links.result(needed[link]) for name, link in row.needs.items()}
    try:
        arm(row, results, world.actions, bulk=world.bulk(row.connection))
    except DeliveryError as error:
        bury(row, error.code, str(error), now=now)


def copy_of(row: DeliveryRow, new_id: str) -> DeliveryRow:
    """The same delivery under another id, as one that nothing has come of yet. No session knows it."""
    values = {column.name: getattr(row, column.name) for column in DeliveryRow.__table__.columns}
    for name in ("seq", "result", "started_at", "finished_at", "hold_id"):
        values.pop(name)
    return DeliveryRow(**{**values, "id": new_id, "uncertain": False})
