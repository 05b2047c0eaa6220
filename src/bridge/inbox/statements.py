"""Statements over messages, each put together once: that costs more than to run it.

Times are parameters: `now` is the node's, `until` the end of a lease.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, func, insert, or_, select, text, update
from sqlalchemy.sql.dml import ReturningUpdate

from bridge.canonical.event import Origin
from bridge.db import UtcDateTime, table_of
from bridge.inbox.tables import PENDING, MessageRow, MessageState

NOW = bindparam("now", type_=UtcDateTime)


class Taken(NamedTuple):
    """A claimed message, as its row was then. `claims` counts this one."""

    seq: int
    id: str
    connection: str
    received_at: datetime
    headers: bytes | None
    body: bytes | None
    event_type: str
    origin: str
    reason: str
    claims: int


_MESSAGE = table_of(MessageRow)
_DUE = (
    text(PENDING),
    or_(_MESSAGE.c.leased_until.is_(None), _MESSAGE.c.leased_until < NOW),
    or_(_MESSAGE.c.due_at.is_(None), _MESSAGE.c.due_at <= NOW),
)
ANY_DUE = select(_MESSAGE.c.seq).where(*_DUE).limit(1)


def _claim(kind: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Take the oldest that are due of this kind.

    One that was claimed before goes alone: those before it are taken without it, and it when it leads.
    """
    turn = (
        select(_MESSAGE.c.seq, _MESSAGE.c.claims)
        .where(*_DUE, kind)
        .order_by(_MESSAGE.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("turn")
    )
    first = select(func.min(turn.c.seq)).scalar_subquery()
    tried = select(func.min(turn.c.seq)).where(turn.c.claims > 0).scalar_subquery()
    mine = select(turn.c.seq).where(or_(turn.c.seq == first, tried.is_(None), turn.c.seq < tried))
    return (
        update(_MESSAGE)
        .where(_MESSAGE.c.seq.in_(mine))
        .values(claims=_MESSAGE.c.claims + 1, leased_until=bindparam("until", type_=UtcDateTime))
        .returning(*(_MESSAGE.c[name] for name in Taken._fields))
    )


_PAST = _MESSAGE.c.origin == Origin.BACKFILL
CLAIM = _claim(_MESSAGE.c.origin != Origin.BACKFILL)
CLAIM_PAST = _claim(_PAST)
PENDING_PAST = select(func.count()).select_from(_MESSAGE).where(text(PENDING), _PAST)
KEEP = insert(_MESSAGE)
_STILL_PENDING = _MESSAGE.c.state == MessageState.PENDING
END = update(_MESSAGE).where(_MESSAGE.c.seq.in_(bindparam("seqs", expanding=True)), _STILL_PENDING)
AGAIN = update(_MESSAGE).where(_MESSAGE.c.seq == bindparam("one"), _STILL_PENDING)
UNCLAIMED = {"claims": case((_MESSAGE.c.claims > 0, _MESSAGE.c.claims - 1), else_=0)}
