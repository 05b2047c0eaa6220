"""A linked record was deleted at its vendor: what becomes of its links, and who hears of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bridge.canonical.ref import Ref
from bridge.ledger import links, mirrors
from bridge.ledger import store as ledger
from bridge.ledger.latest import Latest
from bridge.ledger.tables import COPIES, LinkRow, LinkState
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


def restored(session: Session, world: World, ref: str, *, now: datetime) -> list[LinkRow]:
    """It is there again: the links that hold, which are all whose place no other has taken meanwhile."""
    were_dead = links.end_is_back(session, ref)
    kept = [link for link in were_dead if link.state == LinkState.DEAD]
    tell_unlinked(session, world, kept, now=now)
    return [
        link
        for link in links.of(session, ref)
        if link.state == LinkState.LIVE and link.relation != COPIES
    ]


def made(session: Session, world: World, link: LinkRow, *, now: datetime) -> None:
    """A create came back, and an end of its link may have been deleted while it was on the way."""
    if mirrors.gave_way(link):
        tell_unlinked(session, world, [link], now=now)
    ends = [link.left_ref, link.right_ref or ""]
    for ref, row in ledger.records(session, ends).items():
        if row.deleted_at is not None and link.state == LinkState.LIVE:
            deleted(session, world, ref, now=now)


def tell_unlinked(
    session: Session, world: World, kept: Sequence[LinkRow], *, now: datetime
) -> None:
    """These links are dead because others stand against them: one alarm for each connection."""
    for link in kept:
        place = Ref.parse(link.left_ref).connection
        known = ledger.records(session, [link.left_ref, link.right_ref or ""])
        left, right = (_named(known, ref) for ref in (link.left_ref, link.right_ref or ""))
        world.alarms.lower(
            session,
            f"unlinked:{place}",  # over when `duties.recovery` finds no such link any more
            kind="unlinked",
            text=f"{left} and {right} are not linked any more: {link.note}",
            remedy="decide which two belong together: bridge links list --dead, then bridge links"
            " unlink, and bridge links link",
            link=f"{world.public_url}/api/v1/links?state=dead",
            now=now,
        )


def _named(known: Mapping[str, Latest], ref: str) -> str:
    """As people say it, with the address that is never mistaken."""
    row = known.get(ref)
    return f"{row.key} ({ref})" if row is not None and row.key else ref
