"""A linked record was deleted at its vendor: what becomes of its links, and who hears of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links
from bridge.ledger import store as ledger
from bridge.ledger.latest import Latest
from bridge.pipeline.world import World


def deleted(session: Session, world: World, ref: str, *, now: datetime) -> None:
    """Its links are dead; one alarm says so for all of its connection. Nothing is made anew."""
    dead = links.end_is_gone(session, ref)
    if not dead:
        return
    place = Ref.parse(ref).connection
    ends = [link.left_ref if link.right_ref == ref else link.right_ref or "" for link in dead]
    known = ledger.records(session, [ref, *ends])
    others = ", ".join(_named(known, end) for end in ends)
    world.alarms.lower(
        session,
        f"deleted:{place}",  # over when `duties.recovery` finds no such link any more
        kind="deleted",
        text=f"{_named(known, ref)} was deleted at {place}; its links are dead: with {others}",
        remedy="restore it there, or: bridge links list --dead, then bridge links unlink",
        link=f"{world.public_url}/api/v1/links?state=dead",
        now=now,
    )


def _named(known: Mapping[str, Latest], ref: str) -> str:
    """As people say it, with the address that is never mistaken."""
    row = known.get(ref)
    return f"{row.key} ({ref})" if row is not None and row.key else ref
