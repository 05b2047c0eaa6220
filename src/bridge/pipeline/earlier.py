"""A create or a link that is dead, and the end of what waits for it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from bridge.ledger.mirrors import gave_way
from bridge.ledger.tables import LinkRow, LinkState
from bridge.outbox import store
from bridge.outbox.cause import bury
from bridge.outbox.tables import DeliveryRow, State


def dead_create(
    session: Session, link: LinkRow, unwritten: Mapping[str, DeliveryRow] = MappingProxyType({})
) -> DeliveryRow | None:
    """The create of a reserved link, if it is dead. `unwritten`: deliveries not stored yet, by id."""
    if link.state != LinkState.RESERVED or not link.delivery_id:
        return None
    creating = unwritten.get(link.delivery_id) or store.one(session, link.delivery_id)
    return creating if creating is not None and creating.state == State.DEAD else None


def end_dead(row: DeliveryRow, creating: DeliveryRow, *, now: datetime) -> None:
    """Nothing will come of what it waits for."""
    bury(row, "create_is_dead", f"the create it waits for is dead: {creating.reason}", now=now)


def dead_link(found: Iterable[LinkRow]) -> LinkRow | None:
    """The first of these links whose record was deleted."""
    return next((link for link in found if link.state == LinkState.DEAD), None)


def end_without_record(row: DeliveryRow, link: LinkRow, *, now: datetime) -> None:
    """What it is about was deleted at its vendor, and is not made anew by itself."""
    what = "is not linked" if gave_way(link) else "was deleted"
    bury(row, "link_dead", f"the linked record {link.key or link.right_ref} {what}", now=now)
