"""All SQL of erasure: who is known, where a person stands, and putting the marker there.

Everything is read in pages by primary key, and each page that holds the person is written in a
transaction of its own, with its rows locked and looked at again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, inspect, select, tuple_
from sqlalchemy.orm import Session

from bridge.access.tables import AuditRow
from bridge.alarms.tables import AlarmRow
from bridge.alerts.tables import AlertRow, GroupRow, SilenceRow
from bridge.canonical.event import Actor
from bridge.canonical.kind import Kinds
from bridge.canonical.personal import personal
from bridge.canonical.timed import record_kind
from bridge.db import Base, Database
from bridge.erasure.eraser import Eraser
from bridge.erasure.person import Known
from bridge.inbox.tables import BackfillRow, MessageRow, MessageState
from bridge.ledger.tables import (
    AdoptionPairRow,
    AdoptionRow,
    ChangeRow,
    CounterpartRow,
    DifferenceRow,
    DriftRow,
    EventRow,
    LinkRow,
    RecordRow,
    ShadowRow,
)
from bridge.outbox.tables import OPEN, AttemptRow, DeliveryRow, HoldRow, PlanRow
from bridge.replays.tables import ReplayItemRow, ReplayRow
from bridge.rules.tables import DecisionRow, RuleSetRow

PAGE = 200  # rows read at once; bodies may be large


@dataclass(frozen=True, kw_only=True)
class Place:
    """A table that may hold personal data, and the columns in which."""

    name: str
    table: type[Base]
    columns: tuple[str, ...]


PLACES = (
    Place(name="messages", table=MessageRow, columns=("headers", "body", "reason")),
    Place(name="events", table=EventRow, columns=("actor", "record", "changes", "facts")),
    Place(name="changes", table=ChangeRow, columns=("before", "after", "actor")),
    Place(name="records", table=RecordRow, columns=("data",)),
    Place(name="shadows", table=ShadowRow, columns=("value",)),
    Place(name="counterparts", table=CounterpartRow, columns=("account", "found")),
    Place(name="links", table=LinkRow, columns=("note",)),
    Place(name="deliveries", table=DeliveryRow, columns=("args", "result", "reason")),
    Place(name="attempts", table=AttemptRow, columns=("exchanges", "error")),
    Place(name="decisions", table=DecisionRow, columns=("reason", "detail")),
    Place(name="holds", table=HoldRow, columns=("reason", "decisions")),
    Place(name="plans", table=PlanRow, columns=("filter", "why")),
    Place(name="replays", table=ReplayRow, columns=("filter", "why")),
    Place(name="replay items", table=ReplayItemRow, columns=("note",)),
    Place(name="adoptions", table=AdoptionRow, columns=("wish", "why", "problem")),
    Place(
        name="adopted pairs",
        table=AdoptionPairRow,
        columns=("left_said", "right_said", "reason"),
    ),
    Place(name="backfills", table=BackfillRow, columns=("wish", "why", "problem")),
    Place(name="audits of links", table=DriftRow, columns=("why", "problem")),
    Place(
        name="differences",
        table=DifferenceRow,
        columns=("left_value", "right_value", "reason"),
    ),
    Place(name="alerts", table=AlertRow, columns=("args", "labels", "reason")),
    Place(name="alert groups", table=GroupRow, columns=("title", "labels")),
    Place(name="silences", table=SilenceRow, columns=("matchers", "comment")),
    Place(name="alarms", table=AlarmRow, columns=("text", "remedy", "over")),
    Place(name="audit", table=AuditRow, columns=("reason", "difference")),
)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a person stands: rows by place; and what is still on its way with them inside."""

    counts: dict[str, int]
    deliveries: tuple[str, ...]
    messages: tuple[str, ...]
    mapping_sets: tuple[str, ...] = ()  # stored sets of mappings that name the person: they stay


def known(database: Database, kinds: Kinds) -> set[Known]:
    """Everybody who appears in a record, in its history or as who acted, as the models mark it."""
    found: set[Known] = set()
    for row in _pages(database, RecordRow, ("connection", "kind", "data")):
        found |= _people(kinds, row.connection, row.kind, row.data)
    for row in _pages(database, EventRow, ("connection", "kind", "record", "actor")):
        found |= _people(kinds, row.connection, record_kind(row.kind), row.record)
        found |= {_known(row.connection, one) for one in personal(Actor, row.actor or {})}
    for row in _pages(database, ChangeRow, ("record", "kind", "field", "before", "after")):
        connection = row.record.partition(":")[0]
        for value in (row.before, row.after):
            found |= _people(kinds, connection, row.kind, {row.field: value})
    return found


def standing(database: Database, eraser: Eraser) -> Standing:
    """Count what would be erased. Nothing is changed."""
    return Standing(
        counts={place.name: sum(map(len, _touched(database, place, eraser))) for place in PLACES},
        deliveries=_open(database, eraser),
        messages=_unread(database, eraser),
        mapping_sets=tuple(
            row.hash
            for row in _pages(database, RuleSetRow, ("files",))
            if any(eraser.text(text) != text for text in row.files.values())
        ),
    )


def erase(database: Database, eraser: Eraser) -> dict[str, int]:
    """Put the marker in; rows by place."""
    counts = {}
    for place in PLACES:
        counts[place.name] = 0
        for keys in _touched(database, place, eraser):
            with database.transaction() as session:
                counts[place.name] += sum(_replace(session, place, key, eraser) for key in keys)
    return counts


def _people(kinds: Kinds, connection: str, kind: str, data: Any) -> set[Known]:
    if kind not in kinds or not data:
        return set()
    return {_known(connection, one) for one in personal(kinds[kind].model, data)}


def _known(connection: str, values: dict[str, str]) -> Known:
    return Known(connection=connection, values=frozenset(values.items()))


def _touched(database: Database, place: Place, eraser: Eraser) -> Iterator[list[tuple[Any, ...]]]:
    """Primary keys of rows that hold the person, page by page."""
    width = len(_keys(place.table))
    page: list[tuple[Any, ...]] = []
    for row in _pages(database, place.table, place.columns):
        if any(_without(value, eraser) != value for value in row[width:]):
            page.append(tuple(row[:width]))
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _replace(session: Session, place: Place, key: tuple[Any, ...], eraser: Eraser) -> bool:
    row = session.get(place.table, key, with_for_update=True)
    if row is None:  # retention was faster
        return False
    for column in place.columns:
        value = getattr(row, column)
        setattr(row, column, _without(value, eraser))
    return True


def _without(value: Any, eraser: Eraser) -> Any:
    return eraser.body(value) if isinstance(value, bytes) else eraser.value(value)


def _open(database: Database, eraser: Eraser) -> tuple[str, ...]:
    query = select(DeliveryRow.id, DeliveryRow.args).where(DeliveryRow.state.in_(OPEN))
    with database.reading() as session:
        rows = session.execute(query.order_by(DeliveryRow.seq)).all()
    return tuple(row.id for row in rows if _without(row.args, eraser) != row.args)


def _unread(database: Database, eraser: Eraser) -> tuple[str, ...]:
    pending = select(MessageRow.id, MessageRow.body).where(MessageRow.state == MessageState.PENDING)
    with database.reading() as session:
        rows = session.execute(pending.order_by(MessageRow.seq)).all()
    return tuple(row.id for row in rows if row.body and eraser.body(row.body) != row.body)


def _pages(
    database: Database, table: type[Base], columns: Sequence[str]
) -> Iterator[Row[tuple[Any, ...]]]:
    """Rows with their primary key first. No read stays open from page to page."""
    keys = _keys(table)
    query = select(*keys, *(getattr(table, name) for name in columns)).order_by(*keys).limit(PAGE)
    last: tuple[Any, ...] | None = None
    while True:
        page = query if last is None else query.where(tuple_(*keys) > tuple_(*last))
        with database.reading() as session:
            rows = session.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = tuple(rows[-1][: len(keys)])


def _keys(table: type[Base]) -> list[Any]:
    return [getattr(table, str(column.key)) for column in inspect(table).primary_key]
