"""Events of the past as they are stored: with their facts, what was decided, and what was owed of it.

Of rules alone: what syncs said and owed is not decided again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bridge.db import table_of
from bridge.insight.window import Window
from bridge.ledger.tables import EventRow
from bridge.outbox.tables import DeliveryRow
from bridge.rules.sync import RULE, is_sync
from bridge.rules.tables import DecisionRow

Row = Any  # of a query over a table: its columns by name
Place = tuple[datetime, int]  # in the order of the pages

_EVENT = table_of(EventRow)
_DECISION, _DELIVERY = table_of(DecisionRow), table_of(DeliveryRow)
_DECIDED = tuple(
    _DECISION.c[name]
    for name in ("seq", "id", "event_id", "rule", "rule_version", "target", "answer", "mended")
)
_OWED = tuple(
    _DELIVERY.c[name]
    for name in (
        *("id", "event_id", "rule", "rule_version", "step", "target"),
        *("connection", "action", "args", "state", "target_ref", "result"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One event; its decisions and its deliveries in the order they were written."""

    event: Row
    decisions: Sequence[Row]
    deliveries: Sequence[Row]


def page(session: Session, span: Window, *, after: Place | None, limit: int) -> list[Stored]:
    """The next events that were recorded in this time, the oldest first."""
    events = _events(session, span, after, limit)
    ids = [row.id for row in events]
    decided = _by_event(session, _DECIDED, _DECISION.c.event_id.in_(ids), _DECISION.c.seq)
    owed = _by_event(session, _OWED, _DELIVERY.c.event_id.in_(ids), _DELIVERY.c.seq)
    return [
        Stored(event=row, decisions=decided.get(row.id, ()), deliveries=owed.get(row.id, ()))
        for row in events
    ]


def count(session: Session, span: Window) -> int:
    """How many events were recorded in this time."""
    query = select(func.count()).select_from(_EVENT).where(*_within(span))
    return session.scalar(query) or 0


def owed_by_syncs(session: Session, span: Window) -> dict[str, int]:
    """How many deliveries each sync owed for events of this time, by its id."""
    query = (
        select(_DELIVERY.c.rule, func.count())
        .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .where(*_within(span), _DELIVERY.c.rule.startswith(RULE, autoescape=True))
        .group_by(_DELIVERY.c.rule)
        .order_by(_DELIVERY.c.rule)
    )
    return {rule.removeprefix(RULE): many for rule, many in session.execute(query)}


def oldest(session: Session) -> datetime | None:
    """When the oldest event that is kept was recorded."""
    return session.scalar(select(func.min(EventRow.recorded_at)))


def _events(session: Session, span: Window, after: Place | None, limit: int) -> Sequence[Row]:
    at, seq = _EVENT.c.recorded_at, _EVENT.c.seq
    query = select(_EVENT).where(*_within(span))
    if after is not None:
        since, last = after
        query = query.where(at >= since, or_(at > since, seq > last))
    return session.execute(query.order_by(at, seq).limit(limit)).all()


def _within(span: Window) -> tuple[ColumnElement[bool], ...]:
    return _EVENT.c.recorded_at >= span.since, _EVENT.c.recorded_at < span.until


def _by_event(
    session: Session, columns: Sequence[Any], which: ColumnElement[bool], order: Any
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in session.execute(select(*columns).where(which).order_by(order)):
        if is_sync(row.rule):
            continue  # it goes by what stands in two records, and that is not kept
        found.setdefault(row.event_id, []).append(row)
    return found
