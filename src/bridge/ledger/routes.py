"""`/api/v1/events`, `/records`, `/links`: what happened, what is known, what belongs together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from bridge.access.guard import Viewer
from bridge.access.paging import Page, Turn, Word
from bridge.access.problems import READS, not_found
from bridge.access.state import Data
from bridge.access.veil import Veil, Veiled
from bridge.canonical.event import NO_NEWS
from bridge.canonical.timed import record_kind
from bridge.ledger import latest, links, store
from bridge.ledger.link_view import LinkView, link_views
from bridge.ledger.search import find_record
from bridge.ledger.tables import ChangeRow, EventRow, LinkRow

HISTORY = 200  # newest changes shown with a record
router = APIRouter(prefix="/api/v1", tags=["ledger"], responses=READS)


class EventView(BaseModel):
    """An event. `matched` is null until it was decided, and 0 when no rule matched.

    `department` is that of who acted, on that day; `unattributed` when `people.yaml` does not say.
    `subject_key` is what people call the record by, where it has such a name.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    id: str
    connection: str
    subject: str
    subject_key: str | None
    kind: str
    version: str
    occurred_at: datetime
    recorded_at: datetime
    origin: str
    actor_kind: str | None
    department: str | None
    customer: str | None
    project: str | None
    changes: list[dict[str, Any]]
    stale: bool
    message_id: str | None
    rule_version: str | None
    matched: int | None

    @classmethod
    def of(cls, row: EventRow, veil: Veil, keys: Mapping[str, str]) -> Self:
        """As it is shown to whoever asks. `keys`: of records, by their refs."""
        shown = {name: getattr(row, name) for name in cls.model_fields if name != "subject_key"}
        shown["subject_key"] = keys.get(row.subject)
        kind = record_kind(row.kind)
        shown["changes"] = veil.changes(kind, row.changes)
        if "record" in shown:
            shown |= {"record": veil.data(kind, row.record), "facts": veil.facts(row.facts)}
        return cls(**shown)


class WholeEvent(EventView):
    """With the record after it, and the facts it was decided with; to a viewer these are empty."""

    record: dict[str, Any]
    facts: dict[str, Any]


class ChangeView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    field: str
    before: Any
    after: Any
    at: datetime
    event_id: str

    @classmethod
    def of(cls, row: ChangeRow, veil: Veil) -> Self:
        return cls(
            field=row.field,
            before=veil.value(row.kind, row.field, row.before),
            after=veil.value(row.kind, row.field, row.after),
            at=row.at,
            event_id=row.event_id,
        )


class RecordView(BaseModel):
    """A record with its links and the newest of its changes."""

    ref: str
    kind: str
    key: str | None
    url: str | None
    data: dict[str, Any]
    stamp: datetime | None
    updated_at: datetime
    deleted_at: datetime | None
    links: list[LinkView]
    changes: list[ChangeView]


@router.get("/events", summary="What happened")
def events(
    veil: Veiled,
    database: Data,
    turn: Turn,
    *,
    subject: Annotated[Word | None, Query()] = None,
    kind: Annotated[Word | None, Query()] = None,
    matched: Annotated[
        Literal["none"] | None,
        Query(description="no rule matched; without backfill and our own writes"),
    ] = None,
    since: datetime | None = None,
) -> Page[EventView]:
    """Events, the newest first."""
    query = select(EventRow)
    if subject:
        query = query.where(EventRow.subject == subject)
    if kind:
        query = query.where(EventRow.kind == kind)
    if matched == "none":
        query = query.where(EventRow.matched == 0, EventRow.origin.not_in(NO_NEWS))
    if since:
        query = query.where(EventRow.recorded_at >= since)
    with database.reading() as session:
        read = turn.span.read if subject else turn.span.look
        found = read(session, query, EventRow.seq)
        keys = latest.keys(session, [row.subject for row in found.rows])
    return turn.page(
        found.rows,
        seq=lambda row: row.seq,
        item=lambda row: EventView.of(row, veil, keys),
        stopped_at=found.stopped_at,
    )


@router.get("/events/{event_id}", summary="One event")
def event(veil: Veiled, database: Data, event_id: str) -> WholeEvent:
    """Personal data and free text of its record are not shown to a viewer."""
    with database.reading() as session:
        row = store.event(session, event_id)
        if row is None:
            raise not_found(f"event {event_id}")
        return WholeEvent.of(row, veil, latest.keys(session, [row.subject]))


@router.get("/records", summary="A record, its links and its history")
def record(
    veil: Veiled,
    database: Data,
    ref: Annotated[Word, Query(description="A ref, a case number, an issue key, or a URL.")],
) -> RecordView:
    """Personal data and free text are not shown to a viewer."""
    with database.reading() as session:
        row = find_record(session, ref)
        if row is None:
            raise not_found(f"record {ref}")
        query = select(ChangeRow).where(ChangeRow.record == row.ref)
        changes = session.scalars(query.order_by(ChangeRow.seq.desc()).limit(HISTORY)).all()
        return RecordView(
            ref=row.ref,
            kind=row.kind,
            key=row.key,
            url=row.url,
            data=veil.data(row.kind, row.data),
            stamp=row.stamp,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            links=link_views(session, links.of(session, row.ref)),
            changes=[ChangeView.of(change, veil) for change in changes],
        )


@router.get("/links/{link_id}", summary="One link")
def link(_: Viewer, database: Data, link_id: str) -> LinkView:
    with database.reading() as session:
        row = session.get(LinkRow, link_id)
        if row is None:
            raise not_found(f"link {link_id}")
        return link_views(session, [row])[0]
