"""Tables of timers: what is to come, and for which rules all records have been looked through.

(none) --a record comes to rest on a moment--> waiting --its time comes--> (none), and an event
waiting --the moment moves--> waiting, for the new one
waiting --it is over: done, answered, deleted, no date--> (none)
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, UtcDateTime


class TimerRow(Base):
    """One event to come. `since`: the moment that the rule's term counts from.

    `look_at` is `due_at`, or later, after it could not be made.
    """

    __tablename__ = "timer"

    record: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True, index=True)
    event: Mapped[str]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    look_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class TimedRuleRow(Base):
    """A rule that time sets off, and how far the records have been looked through for it.

    `basis`: another one means other moments. `activation`: it has been active all the time up to
    this one. `cursor`: the ref that was looked at last; `None`: all were.
    """

    __tablename__ = "timed_rule"

    rule: Mapped[str] = mapped_column(primary_key=True)
    basis: Mapped[str]
    activation: Mapped[int]
    cursor: Mapped[str | None]
