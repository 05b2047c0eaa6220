"""All SQL of alarms: lower, lift, and what has still to be said."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from bridge.access.paging import Span
from bridge.alarms.alarm import Alarm
from bridge.alarms.tables import AlarmRow, State
from bridge.canonical.text import cut, storable
from bridge.db import UtcDateTime, insert_once

TEXT_CHARS = 2_000
FIRST_WAIT = timedelta(seconds=10)  # after a round in which no address took it; doubles
LONGEST_WAIT = timedelta(minutes=10)


def lower(
    session: Session, key: str, *, kind: str, text: str, remedy: str, link: str, now: datetime
) -> None:
    """Something is wrong: down, to be said. While it is down already this only counts.

    Two statements at most, and none that reads first: two nodes may find the same thing wrong.
    """
    words = {"kind": kind, "text": _kept(text), "remedy": _kept(remedy), "link": _kept(link)}
    while_down, then = AlarmRow.state == State.DOWN, literal(now, UtcDateTime())
    again = (
        update(AlarmRow)
        .where(AlarmRow.key == key)
        .values(
            **words,
            since=case((while_down, AlarmRow.since), else_=then),
            count=case((while_down, AlarmRow.count + 1), else_=1),
            try_at=case((while_down, AlarmRow.try_at), else_=then),
            failures=case((while_down, AlarmRow.failures), else_=0),
            state=State.DOWN,
            over="",
            updated_at=now,
        )
        .returning(AlarmRow.key)
        .execution_options(synchronize_session=False)
    )
    if session.scalar(again) is None and not insert_once(
        session, AlarmRow, [_first(key, words, now)], key="key"
    ):
        session.execute(again)


def lift(session: Session, key: str, *, text: str, now: datetime) -> None:
    """It is over: up, to be said if people were told that it is down. `text` says how it ended."""
    session.execute(
        update(AlarmRow)
        .where(AlarmRow.key == key, AlarmRow.state == State.DOWN)
        .values(state=State.UP, over=_kept(text), since=now, try_at=now, failures=0, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def down(session: Session, key: str) -> Alarm | None:
    """This alarm, if it is down."""
    query = select(AlarmRow).where(AlarmRow.key == key, AlarmRow.state == State.DOWN)
    row = session.scalar(query)
    return None if row is None else Alarm.of(row)


def unsaid(session: Session, *, now: datetime, limit: int = 20) -> list[Alarm]:
    """What people have not been told yet and may be tried now, the oldest first."""
    query = (
        select(AlarmRow)
        .where(AlarmRow.state != AlarmRow.said, AlarmRow.try_at <= now)
        .order_by(AlarmRow.since, AlarmRow.seq)
        .limit(limit)
    )
    return [Alarm.of(row) for row in session.scalars(query)]


def mark_said(session: Session, alarm: Alarm, *, address: str, now: datetime) -> None:
    """People were told `alarm.state`. If it has changed meanwhile, the change has to be said now."""
    _mark(session, alarm, said=alarm.state, said_at=now, address=address, failures=0)


def mark_unheard(session: Session, alarm: Alarm, *, now: datetime) -> None:
    """No address took it: again later."""
    wait = min(FIRST_WAIT * 2 ** min(alarm.failures, 20), LONGEST_WAIT)
    _mark(session, alarm, failures=alarm.failures + 1, try_at=now + wait)


def page(session: Session, span: Span, *, state: State | None = None) -> list[Alarm]:
    """The alarms of one span in that state, or all, and one more if there is one."""
    query = select(AlarmRow)
    if state is not None:
        query = query.where(AlarmRow.state == state)
    return [Alarm.of(row) for row in session.scalars(span.of(query, AlarmRow.seq))]


def _first(key: str, words: dict[str, str], now: datetime) -> dict[str, Any]:
    return words | {
        "key": key,
        "state": State.DOWN,
        "said": State.UP,
        "since": now,
        "try_at": now,
        "updated_at": now,
    }


def _mark(session: Session, alarm: Alarm, **values: Any) -> None:
    session.execute(
        update(AlarmRow)
        .where(AlarmRow.key == alarm.key)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _kept(text: str) -> str:
    return cut(storable(text), TEXT_CHARS)
