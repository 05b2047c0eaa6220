"""SQL of the numbers that begin with changes: due dates that moved, work that became done."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bridge.insight.due_moves import Moved
from bridge.insight.scan import Found, Query, Rows
from bridge.insight.seam import Done, Touch, Touches
from bridge.insight.store import FEEDBACK, WORK, within
from bridge.insight.window import Window
from bridge.ledger.tables import ChangeRow, EventRow, LinkRow

TOUCHED = ("status", "status_name", "assignee")


def moved_within(window: Window) -> Query:
    """Changes of due dates, by when they were made."""
    return changes_within(window).where(ChangeRow.field == "due")


def moved(rows: Rows) -> list[Moved]:
    return [
        Moved(
            seq=row.seq,
            event=row.event_id,
            record=row.record,
            at=row.at,
            before=row.before,
            after=row.after,
        )
        for row in rows
    ]


def done_within(window: Window) -> Query:
    """Work that became done, by when it did."""
    query = changes_within(window).where(
        ChangeRow.field == "status", ChangeRow.kind == WORK, ChangeRow.after == "done"
    )
    return query.add_columns(EventRow.origin).outerjoin(EventRow, EventRow.id == ChangeRow.event_id)


def done(session: Session, rows: Rows) -> list[Done]:
    """One for each feedback the work is linked to, and one for work that is linked to none."""
    links = _feedback(session, [row.record for row in rows])
    return [
        Done(
            seq=row.seq,
            event=row.event_id,
            work=row.record,
            origin=row.origin or "",
            at=row.at,
            feedback=link.left_ref if link else None,
            linked_at=(link.resolved_at or link.created_at) if link else None,
        )
        for row in rows
        for link in links.get(row.record) or [None]
    ]


def touches(session: Session, records: Iterable[str | None]) -> Touches:
    """Every change of status or assignee of these records, the oldest first."""
    wanted = sorted({record for record in records if record})
    query = (
        select(
            ChangeRow.record,
            ChangeRow.event_id,
            ChangeRow.field,
            ChangeRow.before,
            ChangeRow.after,
            ChangeRow.at,
            EventRow.recorded_at,
            EventRow.kind,
            EventRow.origin,
            EventRow.actor_kind,
            EventRow.department,
        )
        .outerjoin(EventRow, EventRow.id == ChangeRow.event_id)
        .where(ChangeRow.record.in_(wanted), ChangeRow.field.in_(TOUCHED))
        .order_by(ChangeRow.at, ChangeRow.seq)
    )
    found: dict[str, list[Touch]] = defaultdict(list)
    for row in session.execute(query) if wanted else ():
        found[row.record].append(_touch(row))
    return found


def changes_within(window: Window) -> Query:
    return select(
        ChangeRow.seq,
        ChangeRow.at,
        ChangeRow.record,
        ChangeRow.event_id,
        ChangeRow.before,
        ChangeRow.after,
    ).where(*within(ChangeRow.at, window))


def _feedback(session: Session, works: Sequence[str]) -> dict[str, list[LinkRow | None]]:
    """By work: its links to feedback."""
    query = (
        select(LinkRow)
        .where(LinkRow.right_ref.in_(sorted(set(works))), LinkRow.left_kind == FEEDBACK)
        .order_by(LinkRow.created_at, LinkRow.id)
    )
    found: dict[str, list[LinkRow | None]] = defaultdict(list)
    for link in session.scalars(query) if works else ():
        found[link.right_ref or ""].append(link)
    return found


def _touch(row: Found) -> Touch:
    """What is known of the event is nothing when it is older than events are kept."""
    return Touch(
        event=row.event_id,
        field=row.field,
        before=row.before,
        after=row.after,
        at=row.at,
        known_at=row.recorded_at or row.at,
        kind=row.kind or "",
        origin=row.origin or "",
        actor_kind=row.actor_kind,
        department=row.department,
    )
