"""One end of a conflict as the person sees it who is asked: what stands there, since when, by whom, and
what the other end would get."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from bridge.ledger.tables import ChangeRow, EventRow
from bridge.pipeline.syncing.choosing import Conflict
from bridge.rules.agree import End
from bridge.rules.template import plain


class ConflictEnd(BaseModel):
    """One end: its record and what that is called, the field in our words, what stands there, since when and by whom if that is
    known. `gives`: what the other end would get; `cannot`: why it would get nothing."""

    connection: str
    ref: str
    key: str | None
    url: str | None
    title: str | None
    field: str
    value: Any
    changed_at: datetime | None
    changed_by: str | None
    gives: Any
    cannot: str

    @property
    def record(self) -> str:
        """As people call it."""
        return self.key or self.ref


def both(found: Conflict) -> list[ConflictEnd]:
    """The one that links start from, then the other."""
    return [shown(found, end) for end in End]


def shown(found: Conflict, end: End) -> ConflictEnd:
    tie, side = found.tie, found.judged.sides[end]
    row, field = tie.records[end], found.judged.pair.slot(end).name
    taken = tie.judged_by(found.judged, end)
    return ConflictEnd(
        connection=tie.connection(end),
        ref=row.ref,
        key=row.key,
        url=row.url,
        title=row.data.get("title") or None,
        field=field,
        value=side.value,
        changed_at=side.changed_at,
        changed_by=_by_whom(found, row.ref, field),
        gives=plain(taken.judgement.value) if taken.end is not None else None,
        cannot="" if taken.end is not None else tie.words(taken.judgement.reason),
    )


def _by_whom(found: Conflict, ref: str, field: str) -> str | None:
    """The name that its system gives to who changed it last; a search that found it tells none."""
    query = (
        select(EventRow.actor)
        .join(ChangeRow, ChangeRow.event_id == EventRow.id)
        .where(ChangeRow.record == ref, ChangeRow.field == field)
        .order_by(ChangeRow.at.desc(), ChangeRow.seq.desc())
    )
    actor = found.tie.work.session.scalars(query.limit(1)).first()
    return (actor or {}).get("name") or None
