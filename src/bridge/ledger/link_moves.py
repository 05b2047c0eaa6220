"""Links follow their records: to another key, and to the record that theirs was merged into."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from bridge.canonical.ids import stable_id
from bridge.ledger import mirrors
from bridge.ledger.latest import Latest
from bridge.ledger.tables import COPIES, LinkRow, LinkState, RecordRow, ShadowRow

INSTEAD = "$instead"  # around the shadow of a record whose place another has taken
_COLUMNS = (
    "left_kind", "right_kind", "right_connection", "relation", "role", "slot", "state", "key",
    "url", "note", "event_id", "delivery_id", "created_at", "resolved_at",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A link as it is now, and the id that it had before."""

    was: str
    link: LinkRow


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What became of the links of a record that was merged: those that went along, and those that
    could not, because another stands where they would. `answered`: reservations among the latter."""

    followed: Sequence[Followed]
    kept: Sequence[LinkRow]
    answered: Sequence[LinkRow]


def renamed(links: Iterable[LinkRow], record: Latest) -> list[LinkRow]:
    """Give links that lead to this record the key and URL it has now; those that had others."""
    changed = []
    for link in links:
        shown = (record.key or link.key, record.url or link.url)
        if link.right_ref == record.ref and (link.key, link.url) != shown:
            link.key, link.url = shown
            changed.append(link)
    return changed


def merged(session: Session, ref: str, into: str, *, known: Latest | None, now: datetime) -> Merged:
    """A record was merged into another: its links go along, where nothing stands against it.

    A link that joins the two, or whose other end has such a link already, is dead without a word:
    nothing is lost. A reservation that cannot go along stays as it is, since its create may be on
    its way. `known`: the other record, if it is. The caller holds the locks of all ends.
    """
    followed: list[Followed] = []
    kept: list[LinkRow] = []
    answered: list[LinkRow] = []
    ends = or_(LinkRow.left_ref == ref, LinkRow.right_ref == ref)
    query = select(LinkRow).where(ends, LinkRow.state != LinkState.DEAD)
    for link in session.scalars(query.order_by(LinkRow.created_at, LinkRow.id)).all():
        left = into if link.left_ref == ref else link.left_ref
        right = into if link.right_ref == ref else link.right_ref
        other = _against(session, link, left, right)
        if other is not None and link.state == LinkState.RESERVED:
            answered.append(link)
        elif left == right or other is not None:
            _stay(link, other, into)
            if left != right and other is not None and other.right_ref != right:
                kept.append(link)
        else:
            followed.append(_follow(session, link, left, right, known=known))
        session.flush()
    return Merged(followed=followed, kept=kept, answered=answered)


def _against(session: Session, link: LinkRow, left: str, right: str | None) -> LinkRow | None:
    """What has the place that this link would take. A dead one there gives it up."""
    place: ColumnElement[bool] = LinkRow.id == _id(left, link)
    if right:
        there = (LinkRow.left_ref == left, LinkRow.right_ref == right)
        place = or_(place, and_(*there, LinkRow.relation == link.relation))
    for row in session.scalars(select(LinkRow).where(place, LinkRow.id != link.id)).all():
        if row.state != LinkState.DEAD:
            return row
        session.delete(row)
    session.flush()
    return mirrors.rival(session, left, right, link.relation, besides=link.id)


def _stay(link: LinkRow, other: LinkRow | None, into: str) -> None:
    if other is not None:
        mirrors.give_way(link, other)
    link.state = LinkState.DEAD
    link.note = f"{link.note} (merged into {into})".strip()


def _follow(
    session: Session, link: LinkRow, left: str, right: str | None, *, known: Latest | None
) -> Followed:
    was = link.id
    note = f"{link.note} (followed {link.left_ref if link.left_ref != left else link.right_ref})"
    if left == link.left_ref:
        _hand_over(session, was, was, gone=link.right_ref, heir=right)
        link.right_ref, link.note = right, note.strip()
        link.key = (known.key if known else None) or (right or "").split(":", 2)[-1]
        link.url = (known.url if known else None) or ""
        return Followed(was=was, link=link)
    values = {name: getattr(link, name) for name in _COLUMNS} | {"note": note.strip()}
    gone = link.left_ref
    new = LinkRow(id=_id(left, link), left_ref=left, right_ref=right, **values)
    session.delete(link)
    session.flush()  # first the old one goes: it may have the place of the new one at its right end
    session.add(new)
    _hand_over(session, was, new.id, gone=gone, heir=left)
    _point_copies(session, was, new.id, ends=[end for end in (gone, left, right) if end])
    return Followed(was=was, link=new)


def _point_copies(session: Session, was: str, now: str, *, ends: Collection[str]) -> None:
    """What is said on these ends has crossed along the link, and needs no second copy."""
    said = select(RecordRow.ref).where(RecordRow.parent.in_(ends))
    mine = (LinkRow.left_ref.in_(said), LinkRow.relation == COPIES, LinkRow.slot == was)
    session.execute(update(LinkRow).where(*mine).values(slot=now))


def _hand_over(session: Session, was: str, now: str, *, gone: str | None, heir: str | None) -> None:
    """The shadows of a link of which another record has taken one end's place.

    Where the two agreed last is where they begin: what we wrote at the end that stays is no edit.
    """
    theirs = ShadowRow.link_id == was
    kept = [
        {
            "link_id": now,
            "ref": heir if row.ref == gone else row.ref,
            "field": row.field,
            "value": _instead(row.value) if row.ref == gone else row.value,
            "stamp": row.stamp,
            "seen_at": row.seen_at,
        }
        for row in session.scalars(select(ShadowRow).where(theirs))
    ]
    session.execute(delete(ShadowRow).where(theirs))
    if kept:
        session.execute(insert(ShadowRow), kept)


def _instead(value: Any) -> Any:
    return value if isinstance(value, dict) and INSTEAD in value else {INSTEAD: value}


def _id(left: str, link: LinkRow) -> str:
    return stable_id("lnk", left, link.role, link.slot)
