"""When each connection was heard, and how long it usually is silent: its messages as they come."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bridge.db import table_of
from bridge.outbox.tables import ConnectionRow

_GAP_WEIGHT = 0.2  # of the newest gap in the running mean


class Hearing(NamedTuple):
    """What a row of `connection` says of its messages. `gap_seconds`: the usual time between two."""

    name: str
    live_since: datetime  # when it first ran
    last_message_at: datetime | None = None
    gap_seconds: float | None = None

    def after(self, at: datetime) -> "Hearing":
        """The same when a message has come."""
        usual = self.gap_seconds
        if self.last_message_at and at > self.last_message_at:
            gap = (at - self.last_message_at).total_seconds()
            usual = gap if usual is None else usual + _GAP_WEIGHT * (gap - usual)
        return self._replace(last_message_at=max(at, self.last_message_at or at), gap_seconds=usual)


_TABLE = table_of(ConnectionRow)
_ALL = select(*(_TABLE.c[name] for name in Hearing._fields))
_HEARD = update(_TABLE).where(_TABLE.c.name == bindparam("one"))


def hearings(session: Session) -> dict[str, Hearing]:
    """By name, of every connection that ever ran."""
    return {row.name: Hearing(*row) for row in session.execute(_ALL)}


def heard(session: Session, known: Hearing, *, at: Collection[datetime]) -> None:
    """Messages came at these times: remember the last of them, and how long it usually takes."""
    now_is = known
    for time in sorted(at):
        now_is = now_is.after(time)
    told = {"last_message_at": now_is.last_message_at, "gap_seconds": now_is.gap_seconds}
    session.execute(_HEARD, {"one": known.name, **told})
