"""Silences as rows: made by a person, until a time; what is over stays as history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from bridge.alerts import matcher
from bridge.alerts.matcher import Matcher
from bridge.alerts.tables import OPEN, AlertRow, GroupRow, SilenceRow
from bridge.bell import CHORES
from bridge.canonical.ids import random_id
from bridge.db import ring
from bridge.outbox.tables import spelled

ACTIVE, PENDING, EXPIRED = "active", "pending", "expired"


@dataclass(frozen=True, kw_only=True)
class Silence:
    """One that holds now."""

    id: str
    matchers: Sequence[Matcher]
    ends_at: datetime


def add(
    session: Session,
    matchers: Sequence[Matcher],
    *,
    starts_at: datetime,
    ends_at: datetime,
    author: str,
    comment: str,
    now: datetime,
) -> SilenceRow:
    row = SilenceRow(
        id=random_id("slc"),
        matchers=[str(one) for one in matchers],
        author=author,
        comment=comment,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
        expired_by="",
    )
    session.add(row)
    session.flush()
    return row


def expire(session: Session, row: SilenceRow, *, by: str, now: datetime) -> None:
    """It ends now; what it silenced and still fires is looked at at once."""
    row.ends_at, row.expired_by = now, by
    row.starts_at = min(row.starts_at, now)
    silenced = select(AlertRow.group_id).where(AlertRow.silence_id == row.id, spelled(OPEN))
    session.execute(
        update(GroupRow)
        .where(GroupRow.id.in_(silenced))
        .values(look_at=now)
        .execution_options(synchronize_session=False)
    )
    ring(session, CHORES)


def one(session: Session, silence_id: str) -> SilenceRow | None:
    """This silence, locked until the end."""
    return session.scalar(select(SilenceRow).where(SilenceRow.id == silence_id).with_for_update())


def active(session: Session, *, now: datetime) -> list[Silence]:
    """Those that hold now, the one that ends last first."""
    query = select(SilenceRow).where(*_holds(now)).order_by(SilenceRow.ends_at.desc())
    return [
        Silence(
            id=row.id,
            matchers=[matcher.parse(said) for said in row.matchers],
            ends_at=row.ends_at,
        )
        for row in session.scalars(query)
    ]


def page(state: str | None, *, now: datetime) -> Select[SilenceRow]:
    """Silences in a state, or all."""
    query = select(SilenceRow)
    if state == ACTIVE:
        return query.where(*_holds(now))
    if state == PENDING:
        return query.where(SilenceRow.starts_at > now)
    return query.where(SilenceRow.ends_at <= now) if state == EXPIRED else query


def state_of(row: SilenceRow, now: datetime) -> str:
    if row.ends_at <= now:
        return EXPIRED
    return ACTIVE if row.starts_at <= now else PENDING


def silencing(silences: Sequence[Silence], labels: Mapping[str, str]) -> Silence | None:
    """The one that silences an alert with these labels; of several, the one that ends last."""
    return next((one for one in silences if matcher.fit(one.matchers, labels)), None)


def _holds(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return SilenceRow.starts_at <= now, SilenceRow.ends_at > now
