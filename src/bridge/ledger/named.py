"""Links to records that their action names itself: which one it is shows only in the answer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.canonical.ids import stable_id
from bridge.ledger import links, mirrors
from bridge.ledger.tables import LinkRow, LinkState


def resolve(
    session: Session,
    link_id: str,
    *,
    right_ref: str,
    key: str,
    url: str,
    shared: bool,
    now: datetime,
) -> LinkRow | None:
    """As `links.resolve`, kept to how many links a record may have in the role.

    What may not be is dead, and its note says because of which: a second right end of the left
    record, or a right end that is another's already where it is not `shared`.
    """
    link = session.get(LinkRow, link_id, with_for_update=True)
    if link is None:
        return None
    if link.state == LinkState.LIVE and link.right_ref != right_ref:
        return _second(session, link, right_ref=right_ref, key=key, url=url, now=now)
    is_new = link.state == LinkState.RESERVED
    other = None if shared or not is_new else _other_left(session, link, right_ref)
    found = links.resolve(session, link_id, right_ref=right_ref, key=key, url=url, now=now)
    if other is not None and found is link and link.state == LinkState.LIVE:
        mirrors.give_way(link, other)
        session.flush()
    return found


def _second(
    session: Session, link: LinkRow, *, right_ref: str, key: str, url: str, now: datetime
) -> LinkRow:
    there = links.between(session, link.left_ref, right_ref, link.relation)
    if there is not None:
        return there
    made = LinkRow(
        id=stable_id("lnk", link.left_ref, link.role, right_ref),
        left_ref=link.left_ref,
        left_kind=link.left_kind,
        right_ref=right_ref,
        right_kind=link.right_kind,
        right_connection=link.right_connection,
        relation=link.relation,
        role=link.role,
        slot=right_ref,
        state=LinkState.LIVE,
        key=key,
        url=url,
        note="",
        event_id=None,
        delivery_id=None,
        created_at=now,
        resolved_at=now,
    )
    mirrors.give_way(made, link)
    session.add(made)
    session.flush()
    return made


def _other_left(session: Session, link: LinkRow, right_ref: str) -> LinkRow | None:
    query = select(LinkRow).where(
        LinkRow.right_ref == right_ref,
        LinkRow.role == link.role,
        LinkRow.left_ref != link.left_ref,
        LinkRow.state != LinkState.DEAD,
    )
    return session.scalars(query.order_by(LinkRow.created_at, LinkRow.id)).first()
