"""All SQL of replays: plans, their items, and who goes on with one."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql import ColumnElement

from bridge.bell import CHORES
from bridge.canonical.ids import random_id
from bridge.db import ring
from bridge.replays.tables import LEFT, WORKING, ReplayItemRow, ReplayRow, ReplayState

PLAN_LIVES = timedelta(hours=1)


def add(
    session: Session,
    *,
    principal: str,
    why: str,
    mode: str,
    wanted: Any,
    options: Any,
    now: datetime,
) -> ReplayRow:
    """A new replay, of which nothing is planned yet."""
    row = ReplayRow(
        id=random_id("rpl"),
        principal=principal,
        mode=mode,
        filter=wanted,
        why=why,
        options=options,
        counts={},
        state=ReplayState.PLANNING,
        looked=0,
        newest=0,
        total=0,
        done=0,
        cursor=0,
        moved={},
        not_before=now,
        created_at=now,
        expires_at=now + PLAN_LIVES,
    )
    session.add(row)
    session.flush()
    ring(session, CHORES)
    return row


def one(session: Session, wanted: str) -> ReplayRow | None:
    return session.scalar(select(ReplayRow).where(ReplayRow.id == wanted))


def locked(session: Session, wanted: str) -> ReplayRow | None:
    """The same, nobody else's until the end of the transaction."""
    query = select(ReplayRow).where(ReplayRow.id == wanted).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def waiting(session: Session, *, now: datetime) -> str | None:
    """A replay that has work to be done now: the one that has waited longest."""
    return session.scalar(_due(now).with_only_columns(ReplayRow.id))


def take(session: Session, *, now: datetime) -> ReplayRow | None:
    """The same, locked: its work is done in this transaction. `None`: another node has it in hand."""
    return session.scalar(_due(now).with_for_update(skip_locked=True))


def next_at(session: Session) -> datetime | None:
    """When the next step of some replay is due."""
    query = select(ReplayRow.not_before).where(text(WORKING)).order_by(ReplayRow.not_before)
    return session.scalar(query.limit(1))


def select_items(replay_id: str) -> Select[ReplayItemRow]:
    return select(ReplayItemRow).where(ReplayItemRow.replay_id == replay_id)


def left(replay_id: str, lane: str) -> Select[ReplayItemRow]:
    """What of a lane is not done yet, the first first. The index has them in this order."""
    query = select_items(replay_id).where(ReplayItemRow.lane == lane, text(f"replay_item.{LEFT}"))
    return query.order_by(ReplayItemRow.number)


def numbers(session: Session, replay_id: str, asked: Collection[int]) -> set[int]:
    """Which of these it has already."""
    query = select(ReplayItemRow.number).where(
        ReplayItemRow.replay_id == replay_id, ReplayItemRow.number.in_(sorted(asked))
    )
    return set(session.scalars(query)) if asked else set()


def sends(
    session: Session,
    replay_id: str,
    number: int,
    said: InstrumentedAttribute[str],
    word: str,
) -> bool:
    """Whether that delivery goes out in place of another, of which `will` or `did` says this."""
    query = select(ReplayItemRow.number).where(
        ReplayItemRow.replay_id == replay_id, ReplayItemRow.sends == number, said == word
    )
    return session.scalar(query.limit(1)) is not None


def says(
    session: Session,
    replay_id: str,
    number: int,
    said: InstrumentedAttribute[str],
    words: Collection[str],
) -> bool:
    """Whether `will` or `did` of that item is one of these."""
    query = select(ReplayItemRow.number).where(
        ReplayItemRow.replay_id == replay_id,
        ReplayItemRow.number == number,
        said.in_(sorted(words)),
    )
    return session.scalar(query) is not None


def is_one_of(
    replay_id: str,
    number: InstrumentedAttribute[int],
    said: InstrumentedAttribute[str],
    words: Collection[str],
) -> ColumnElement[bool]:
    """Whether the row with this number is an item of it of which `will` or `did` says one of these."""
    return exists().where(
        ReplayItemRow.replay_id == replay_id,
        ReplayItemRow.number == number,
        said.in_(sorted(words)),
    )


def _due(now: datetime) -> Select[ReplayRow]:
    query = select(ReplayRow).where(text(WORKING), ReplayRow.not_before <= now)
    return query.order_by(ReplayRow.not_before, ReplayRow.seq).limit(1)
