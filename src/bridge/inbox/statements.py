"""Statements over messages, each put together once: that costs more than to run it.

Times are parameters: `now` is the node's, `until` the end of a lease.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, insert, or_, select, text, update

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
_TURN = (
    select(_MESSAGE.c.seq, _MESSAGE.c.claims)
    .where(*_DUE)
    .order_by(_MESSAGE.c.seq)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("turn")
)
# One that was claimed before goes alone: those before it are taken without it, and it when it leads.
_FIRST = select(func.min(_TURN.c.seq)).scalar_subquery()
_TRIED = select(func.min(_TURN.c.seq)).where(_TURN.c.claims > 0).scalar_subquery()
CLAIM = (
    update(_MESSAGE)
    .where(
        _MESSAGE.c.seq.in_(
            select(_TURN.c.seq).where(
                or_(_TURN.c.seq == _FIRST, _TRIED.is_(None), _TURN.c.seq < _TRIED)
            )
        )
    )
    .values(claims=_MESSAGE.c.claims + 1, leased_until=bindparam("until", type_=UtcDateTime))
    .returning(*(_MESSAGE.c[name] for name in Taken._fields))
)
KEEP = insert(_MESSAGE)
_STILL_PENDING = _MESSAGE.c.state == MessageState.PENDING
END = update(_MESSAGE).where(_MESSAGE.c.seq.in_(bindparam("seqs", expanding=True)), _STILL_PENDING)
AGAIN = update(_MESSAGE).where(_MESSAGE.c.seq == bindparam("one"), _STILL_PENDING)
UNCLAIMED = {"claims": case((_MESSAGE.c.claims > 0, _MESSAGE.c.claims - 1), else_=0)}
