"""Groups and alerts as rows: what is due, locked, open."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.alerts.machine import Alert, State
from bridge.alerts.tables import DUE, OPEN, AlertRow, CardRow, GroupRow
from bridge.outbox.tables import spelled

MOST_ROUTES = 20  # told in one go
MOST_GROUPS = 200  # of a route in one transaction; the next go tells the others


class RouteKey(NamedTuple):
    """What shares a cap, quiet hours, and one card at their end."""

    rule: str
    step: str
    receiver: str


def due(session: Session, *, now: datetime) -> list[RouteKey]:
    """Routes with a group that has something to do now."""
    columns = (GroupRow.rule, GroupRow.step, GroupRow.receiver)
    query = select(*columns).where(spelled(DUE), GroupRow.look_at <= now)
    rows = session.execute(query.distinct().order_by(*columns).limit(MOST_ROUTES))
    return [RouteKey(*row) for row in rows]


def next_look(session: Session) -> datetime | None:
    """When a group has something to do next."""
    return session.scalar(select(func.min(GroupRow.look_at)).where(spelled(DUE)))


def to_tell(session: Session) -> int:
    """How many alerts are to be told by and by, if nothing hinders it: no silence, no hours, no cap."""
    waits = or_(AlertRow.told_at.is_(None), AlertRow.state == State.RESOLVED)
    free = (AlertRow.silence_id.is_(None), AlertRow.held_back.is_(False))
    query = select(func.count()).select_from(AlertRow).where(spelled(OPEN), waits, *free)
    return session.scalar(query) or 0


def due_groups(session: Session, key: RouteKey, *, now: datetime) -> list[GroupRow]:
    """The due groups of a route, those that wait longest first, locked until the end."""
    query = select(GroupRow.id).where(
        *(GroupRow.rule == key.rule, GroupRow.step == key.step, GroupRow.receiver == key.receiver),
        *(spelled(DUE), GroupRow.look_at <= now),
    )
    ids = list(session.scalars(query.order_by(GroupRow.look_at, GroupRow.seq).limit(MOST_GROUPS)))
    found = locked_groups(session, ids)
    there = (found[one] for one in ids if one in found)
    return [row for row in there if row.look_at is not None and row.look_at <= now]


def locked_groups(session: Session, ids: Collection[str]) -> dict[str, GroupRow]:
    """These groups as they are now, locked in one order until the transaction ends."""
    if not ids:
        return {}
    query = select(GroupRow).where(GroupRow.id.in_(sorted(ids))).order_by(GroupRow.id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(locked)}


def open_alerts(session: Session, groups: Collection[str]) -> dict[str, list[AlertRow]]:
    """By group: its open alerts, the oldest first."""
    query = select(AlertRow).where(AlertRow.group_id.in_(sorted(groups)), spelled(OPEN))
    found: dict[str, list[AlertRow]] = {one: [] for one in groups}
    fresh = query.order_by(AlertRow.seq).execution_options(populate_existing=True)
    for row in session.scalars(fresh):
        found[row.group_id].append(row)
    return found


def groups(*, rule: str | None, over: bool) -> Select[GroupRow]:
    """Groups with something open; `over`: with nothing open."""
    left = exists().where(AlertRow.group_id == GroupRow.id, AlertRow.state != State.OVER)
    query = select(GroupRow).where(~left if over else left)
    return query if rule is None else query.where(GroupRow.rule == rule)


def group(session: Session, group_id: str) -> GroupRow | None:
    return session.scalar(select(GroupRow).where(GroupRow.id == group_id))


def alerts_of(session: Session, group_id: str, *, limit: int) -> list[AlertRow]:
    """Its alerts, open ones first, the newest first."""
    query = select(AlertRow).where(AlertRow.group_id == group_id)
    over = AlertRow.state == State.OVER
    return list(session.scalars(query.order_by(over, AlertRow.seq.desc()).limit(limit)))


def cards_of(session: Session, row: GroupRow, *, limit: int) -> list[CardRow]:
    """The cards that told it, of the last ones of its route; the newest first."""
    query = select(CardRow).where(
        CardRow.rule == row.rule, CardRow.step == row.step, CardRow.receiver == row.receiver
    )
    found = session.scalars(query.order_by(CardRow.at.desc(), CardRow.seq.desc()).limit(limit))
    return [card for card in found if row.id in card.groups]


def sent(session: Session, key: RouteKey, *, since: datetime) -> list[datetime]:
    """When the cards of a route went, since then."""
    query = select(CardRow.at).where(
        CardRow.rule == key.rule,
        CardRow.step == key.step,
        CardRow.receiver == key.receiver,
        CardRow.at > since,
    )
    return list(session.scalars(query.order_by(CardRow.at)))


def put_off(session: Session, key: RouteKey, *, now: datetime, until: datetime) -> None:
    """Look at the due groups of a route again later."""
    query = update(GroupRow).where(
        *(GroupRow.rule == key.rule, GroupRow.step == key.step, GroupRow.receiver == key.receiver),
        *(spelled(DUE), GroupRow.look_at <= now),
    )
    session.execute(query.values(look_at=until))


def alert_of(row: AlertRow, *, muted: Mapping[str, datetime] | None = None) -> Alert:
    """The row for the machine. `muted`: by alert, until when."""
    return Alert(
        id=row.id,
        state=State(row.state),
        ready_at=row.ready_at,
        told_at=row.told_at,
        seen_again=row.times > row.told_times,
        resolved_at=row.resolved_at,
        held_back=row.held_back,
        muted_until=(muted or {}).get(row.id),
    )


def end(rows: Sequence[AlertRow], reasons: Mapping[str, str], *, now: datetime) -> None:
    """These alerts are over, with the reason of each."""
    for row in rows:
        if row.id in reasons:
            row.state, row.reason, row.ended_at = State.OVER, reasons[row.id], now
