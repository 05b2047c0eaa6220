"""All SQL of counterparts: who is looked for, who was found, who is due to be asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, and_, select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ids import stable_id
from bridge.db import dialect, insert_into, ring
from bridge.ledger.tables import CounterpartRow
from bridge.pipeline.people.match import Match, Reason
from bridge.rows import put

AGAIN = timedelta(days=1)  # before somebody who was not found, and is met again, is asked for again
STALE = timedelta(days=7)  # so long somebody who was found is believed to be there
LOOKED = timedelta(minutes=5)  # another node does not look for the same one meanwhile


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """An account that could not be carried to another connection, and where it was met."""

    at: str
    account: str
    to: str
    record: str
    event_id: str | None = None

    @property
    def id(self) -> str:
        return counterpart_id(self.at, self.account, self.to)


def counterpart_id(at: str, account: str, to: str) -> str:
    return stable_id("cpt", at, account, to)


def known(session: Session, ids: Collection[str]) -> dict[str, CounterpartRow]:
    query = select(CounterpartRow).where(CounterpartRow.id.in_(sorted(ids)))
    return {row.id: row for row in session.scalars(query)}


def meet(session: Session, strangers: Sequence[Stranger], *, now: datetime) -> None:
    """Somebody could not be carried: remembered, and looked up soon, unless that was done lately."""
    met = {one.id: one for one in strangers}
    if not met:
        return
    rows = known(session, met)
    put(
        session, _met(dialect(session)), [_row(met[id_], rows.get(id_), now) for id_ in sorted(met)]
    )
    ring(session, CHORES)


def due(session: Session, *, now: datetime, limit: int) -> Sequence[CounterpartRow]:
    """Those to be asked for, the longest waiting first."""
    query = (
        select(CounterpartRow).where(_due(now)).order_by(CounterpartRow.due_at, CounterpartRow.id)
    )
    return session.scalars(query.limit(limit)).all()


def take(session: Session, id_: str, *, now: datetime) -> CounterpartRow | None:
    """This one, if it is still due; nobody else looks for it for a while."""
    row = session.get(CounterpartRow, id_, with_for_update=True, populate_existing=True)
    if row is None or row.due_at is None or row.due_at > now:
        return None
    row.due_at = now + LOOKED
    return row


def answer(session: Session, id_: str, match: Match, *, now: datetime) -> CounterpartRow | None:
    """What the look-up said. `None`: the row is gone, or was erased meanwhile."""
    row = session.get(CounterpartRow, id_, with_for_update=True, populate_existing=True)
    if row is None or row.id != counterpart_id(row.at, row.account, row.to):
        return None
    row.found, row.reason = match.found, match.reason or ""
    row.checked_at, row.last_at = now, max(row.last_at, now if match.found else row.last_at)
    row.due_at = now + STALE if match.found else None
    return row


def put_off(session: Session, id_: str, *, until: datetime) -> None:
    row = session.get(CounterpartRow, id_, with_for_update=True, populate_existing=True)
    if row is not None and row.due_at is not None:
        row.due_at = until


def unresolved(session: Session) -> Sequence[CounterpartRow]:
    """Everybody who is not found, those met most often first."""
    query = select(CounterpartRow).where(CounterpartRow.found.is_(None))
    ordered = query.order_by(CounterpartRow.seen.desc(), CounterpartRow.last_at.desc())
    return [row for row in session.scalars(ordered) if is_whole(row)]


def is_whole(row: CounterpartRow) -> bool:
    """Not erased: its id is made of the account that it names."""
    return row.id == counterpart_id(row.at, row.account, row.to)


def _row(met: Stranger, row: CounterpartRow | None, now: datetime) -> Mapping[str, Any]:
    if row is not None and not is_whole(row):
        row = None  # erased: it is met as if for the first time
    checked = None if row is None else row.checked_at
    looked = row.due_at if row is not None and row.due_at is not None else now
    return {
        "id": met.id,
        "at": met.at,
        "account": met.account,
        "to": met.to,
        "found": None if row is None else row.found,
        "reason": row.reason if row is not None and row.reason else Reason.NOT_ASKED.value,
        "seen": 1,
        "record": met.record,
        "event_id": met.event_id,
        "first_at": now,
        "last_at": now,
        "due_at": looked if checked is None else max(now, checked + AGAIN),
    }


@cache
def _met(dialect: str) -> Insert:
    new = insert_into(dialect, CounterpartRow)
    told: dict[str, Any] = {
        name: new.excluded[name]
        for name in ("account", "found", "record", "event_id", "last_at", "due_at")
    }
    told["seen"] = CounterpartRow.seen + 1
    return new.on_conflict_do_update(index_elements=["id"], set_=told)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(CounterpartRow.due_at.is_not(None), CounterpartRow.due_at <= now)
