"""A linked record was deleted at its vendor: what becomes of its links, and who hears of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links
from bridge.ledger.tables import LinkRow
from bridge.pipeline.world import World


def deleted(session: Session, world: World, ref: str, *, now: datetime) -> None:
    """Its links are dead; one alarm says so for all of its connection. Nothing is made anew."""
    dead = links.end_is_gone(session, ref)
    if not dead:
        return
    place = Ref.parse(ref).connection
    others = ", ".join(_named(link, ref) for link in dead)
    world.alarms.lower(
        session,
        f"deleted:{place}",  # over when `duties.recovery` finds no such link any more
        kind="deleted",
        text=f"{ref} was deleted at {place}, and its links are dead; it was linked with {others}",
        remedy="restore it there, or: bridge links list --dead, then bridge links unlink",
        link=f"{world.public_url}/api/v1/links?state=dead",
        now=now,
    )


def _named(link: LinkRow, gone: str) -> str:
    """The other end, as people find it."""
    return link.left_ref if link.right_ref == gone else link.key or link.right_ref or link.id
