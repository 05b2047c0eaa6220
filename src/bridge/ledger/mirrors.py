"""The same thing in two systems: each end of a `mirrors` link has this one alone."""

from sqlalchemy import and_, or_, select, text
from sqlalchemy.orm import Session

from bridge.ledger.tables import DEAD, MIRRORS, LinkRow, LinkState

UNLINKED = "not linked:"  # in the note of a link that another one keeps from holding


def rival(
    session: Session, left: str, right: str | None, relation: str, *, besides: str = ""
) -> LinkRow | None:
    """The link that stands against one of these ends: of `mirrors`, whichever has an end of them."""
    if relation != MIRRORS:
        return None
    ends = [LinkRow.left_ref == left]
    if right:
        other_way = and_(LinkRow.left_ref == right, LinkRow.right_ref == left)
        ends += [LinkRow.right_ref == right, other_way]
    query = select(LinkRow).where(
        LinkRow.relation == MIRRORS,
        LinkRow.state != LinkState.DEAD,
        LinkRow.id != besides,
        or_(*ends),
    )
    return session.scalars(query.order_by(LinkRow.created_at, LinkRow.id)).first()


def give_way(link: LinkRow, other: LinkRow) -> None:
    """A link that cannot hold beside another: it is dead, and its note says because of which."""
    link.state = LinkState.DEAD
    why = f"({UNLINKED} {other.id} links {other.left_ref} with {other.key or other.right_ref})"
    link.note = f"{without_reason(link.note)} {why}".strip()


def gave_way(link: LinkRow) -> bool:
    return link.state == LinkState.DEAD and UNLINKED in link.note


def without_reason(note: str) -> str:
    """What a note said before it said why the link is dead."""
    return note.partition(f"({UNLINKED}")[0].strip()


def any_gave_way(session: Session, connection: str) -> bool:
    """Whether a link that starts at a record of this connection is kept from holding."""
    query = select(LinkRow.id).where(
        text(f"link.{DEAD}"),
        LinkRow.left_ref.startswith(f"{connection}:", autoescape=True),
        LinkRow.note.contains(UNLINKED, autoescape=True),
    )
    return session.scalars(query.limit(1)).first() is not None
