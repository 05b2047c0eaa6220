"""All SQL of links: reserve before a create goes out, resolve when it comes back, read what is linked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, or_, select, text
from sqlalchemy.orm import Session

from bridge.canonical.ids import stable_id
from bridge.db import insert_once
from bridge.ledger import mirrors
from bridge.ledger.tables import COPIES, DEAD, LinkRow, LinkState, RecordRow

_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_OLDEST_FIRST = (LinkRow.created_at, LinkRow.id)
_TOUCHING = (
    select(LinkRow)
    .where(or_(LinkRow.left_ref.in_(_REFS), LinkRow.right_ref.in_(_REFS)))
    .order_by(*_OLDEST_FIRST)
)
_FROM_LEFT = select(LinkRow).where(LinkRow.left_ref.in_(_REFS)).order_by(*_OLDEST_FIRST)
_GONE = "deleted at its vendor:"
# What is said on records: a copy that is gone is no harm, and nobody is told of it.
_OF_RECORDS = LinkRow.relation != COPIES


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The link that a create is about to make. `slot` is empty for a 1:1 role."""

    left_ref: str
    left_kind: str
    right_kind: str
    right_connection: str
    relation: str
    role: str
    event_id: str | None
    delivery_id: str | None
    slot: str = ""

    @property
    def id(self) -> str:
        return stable_id("lnk", self.left_ref, self.role, self.slot)


def reserve(session: Session, wanted: Wanted, *, now: datetime) -> LinkRow:
    """The link of this record and role: a new reservation, or the one that is there already.

    Whether it is ours shows in its `delivery_id`. A link whose far end is gone is reserved anew.
    The mirror of a record answers for every role that would make another.
    """
    other = mirrors.rival(session, wanted.left_ref, None, wanted.relation, besides=wanted.id)
    if other is not None:
        return other
    row = {
        "id": wanted.id,
        "left_ref": wanted.left_ref,
        "left_kind": wanted.left_kind,
        "right_ref": None,
        "right_kind": wanted.right_kind,
        "right_connection": wanted.right_connection,
        "relation": wanted.relation,
        "role": wanted.role,
        "slot": wanted.slot,
        "state": LinkState.RESERVED,
        "key": "",
        "url": "",
        "note": "",
        "event_id": wanted.event_id,
        "delivery_id": wanted.delivery_id,
        "created_at": now,
    }
    insert_once(session, LinkRow, [row], key="id")
    query = select(LinkRow).where(LinkRow.id == wanted.id)
    query = query.with_for_update().execution_options(populate_existing=True)
    link = session.execute(query).scalar_one()
    if link.state == LinkState.DEAD and link.delivery_id != wanted.delivery_id:
        for name in ("right_ref", "right_connection", "state", "key", "url", "note", "delivery_id"):
            setattr(link, name, row[name])
        link.event_id, link.resolved_at = wanted.event_id, None
        session.flush()
    return link


def resolve(
    session: Session, link_id: str, *, right_ref: str, key: str, url: str, now: datetime
) -> LinkRow | None:
    """Give a reservation its right end. `None` when the reservation is gone.

    Where the two are linked already (another role wrote the same record) that link is the answer,
    and the reservation goes. A record that is another's mirror stays so: then this link is dead.
    """
    link = session.get(LinkRow, link_id, with_for_update=True)
    if link is None:
        return None
    if link.state == LinkState.LIVE:
        return link
    twin = _twin(session, link, right_ref)
    if twin is not None:
        session.delete(link)
        session.flush()
        return twin
    if link.state == LinkState.RESERVED:
        other = mirrors.rival(session, link.left_ref, right_ref, link.relation, besides=link_id)
        link.right_ref, link.state = right_ref, LinkState.LIVE
        link.key, link.url, link.resolved_at = key, url, now
        if other is not None:
            mirrors.give_way(link, other)
        session.flush()
    return link


def release(session: Session, link_id: str) -> None:
    """Free the reservation of a create that was dismissed."""
    gone = delete(LinkRow).where(LinkRow.id == link_id, LinkRow.state == LinkState.RESERVED)
    session.execute(gone)


def adopt(session: Session, wanted: Wanted, *, right_ref: str, now: datetime, **shown: str) -> bool:
    """Link two records that exist already; false if such a link is there, or stands against it."""
    if mirrors.rival(session, wanted.left_ref, right_ref, wanted.relation) is not None:
        return False
    row: dict[str, Any] = {
        "id": wanted.id,
        "left_ref": wanted.left_ref,
        "left_kind": wanted.left_kind,
        "right_ref": right_ref,
        "right_kind": wanted.right_kind,
        "right_connection": wanted.right_connection,
        "relation": wanted.relation,
        "role": wanted.role,
        "slot": wanted.slot,
        "state": LinkState.LIVE,
        "key": shown.get("key", ""),
        "url": shown.get("url", ""),
        "note": shown.get("note", ""),
        "event_id": None,
        "delivery_id": None,
        "created_at": now,
        "resolved_at": now,
    }
    return bool(insert_once(session, LinkRow, [row], key="id"))


def end_is_gone(session: Session, ref: str) -> list[LinkRow]:
    """A record was deleted: nothing is asked of its links any more. Those that are dead now."""
    dead = _locked(session, ref, LinkState.LIVE)
    for link in dead:
        link.state = LinkState.DEAD
        link.note = f"{link.note} ({_GONE} {ref})".strip()
    session.flush()
    return dead


def end_is_back(session: Session, ref: str) -> list[LinkRow]:
    """A deleted record was restored: its links hold again, unless their other end is gone too.

    Those that do, and those that stay dead because an end of them has another mirror by now.
    """
    others = (LinkRow.left_ref, LinkRow.right_ref)
    gone = select(RecordRow.ref).where(
        RecordRow.ref.in_(others), RecordRow.ref != ref, RecordRow.deleted_at.is_not(None)
    )
    were_dead = _locked(session, ref, LinkState.DEAD, ~gone.exists(), _OF_RECORDS)
    for link in were_dead:
        link.note = mirrors.without_reason(link.note.partition(f"({_GONE}")[0])
        other = mirrors.rival(
            session, link.left_ref, link.right_ref, link.relation, besides=link.id
        )
        if other is None:
            link.state = LinkState.LIVE
        else:
            mirrors.give_way(link, other)
        session.flush()
    return were_dead


def any_dead_at(session: Session, connection: str) -> bool:
    """Whether a link is dead because a record of this connection was deleted."""
    ends = or_(LinkRow.left_ref == RecordRow.ref, LinkRow.right_ref == RecordRow.ref)
    gone = (RecordRow.connection == connection, RecordRow.deleted_at.is_not(None), _OF_RECORDS)
    query = select(LinkRow.id).join(RecordRow, ends).where(text(f"link.{DEAD}"), *gone)
    return session.scalars(query.limit(1)).first() is not None


def dead(session: Session, *, limit: int) -> list[LinkRow]:
    """Links whose one end was deleted, the newest first."""
    query = select(LinkRow).where(text(DEAD), _OF_RECORDS)
    return list(session.scalars(query.order_by(LinkRow.created_at.desc()).limit(limit)))


def pairs(session: Session, ref: str, relation: str) -> list[LinkRow]:
    """The links of this relation with this record at either end, as they are now, locked till the end."""
    ends = or_(LinkRow.left_ref == ref, LinkRow.right_ref == ref)
    query = select(LinkRow).where(ends, LinkRow.relation == relation).order_by(LinkRow.id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(query))


def of(session: Session, ref: str) -> list[LinkRow]:
    """Every link with this record at either end, oldest first."""
    return touching(session, [ref])


def touching(session: Session, refs: Collection[str]) -> list[LinkRow]:
    """Every link with one of these records at either end, oldest first."""
    return list(session.scalars(_TOUCHING, {"refs": sorted(set(refs))}))


def from_left(session: Session, refs: Collection[str]) -> list[LinkRow]:
    """Links that start at these records, oldest first."""
    if not refs:
        return []
    return list(session.scalars(_FROM_LEFT, {"refs": sorted(set(refs))}))


def by_id(session: Session, ids: Sequence[str]) -> dict[str, LinkRow]:
    if not ids:
        return {}
    query = select(LinkRow).where(LinkRow.id.in_(sorted(set(ids))))
    return {row.id: row for row in session.scalars(query)}


def result(link: LinkRow) -> dict[str, str]:
    """What a later step may use of a link's right end."""
    ref = link.right_ref or ""
    return {"ref": ref, "id": ref.split(":", 2)[-1], "key": link.key, "url": link.url}


def _locked(
    session: Session, ref: str, state: LinkState, *more: ColumnElement[bool]
) -> list[LinkRow]:
    ends = or_(LinkRow.left_ref == ref, LinkRow.right_ref == ref)
    query = select(LinkRow).where(ends, LinkRow.state == state, *more)
    return list(session.scalars(query.order_by(LinkRow.id).with_for_update()))


def _twin(session: Session, link: LinkRow, right: str) -> LinkRow | None:
    """Another link that joins the same two. A dead one gives its place up."""
    found = between(session, link.left_ref, right, link.relation)
    if found is None or found.id == link.id:
        return None
    if found.state != LinkState.DEAD:
        return found
    session.delete(found)
    session.flush()
    return None


def between(session: Session, left: str, right: str, relation: str) -> LinkRow | None:
    """The one link that may join these two in this relation."""
    query = select(LinkRow).where(
        LinkRow.left_ref == left, LinkRow.right_ref == right, LinkRow.relation == relation
    )
    return session.scalars(query).first()
