"""The table of alarms.

up --lower--> down --lift--> up          What differs from `said` has still to be said, so an alarm
                                         that comes and goes between two looks disturbs nobody.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Prose, Serial, UtcDateTime


class State(StrEnum):
    DOWN = "down"
    UP = "up"


class AlarmRow(Base):
    """One thing that was wrong at least once. `key` names it: `connection:jira`, `dead:rule:jira`."""

    __tablename__ = "alarm"
    __table_args__ = (Index("ix_alarm_state_seq", "state", "seq"),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # dead, error, paused, silent, at_fault, bad, …
    state: Mapped[str] = mapped_column(default=State.DOWN)
    said: Mapped[str] = mapped_column(default=State.UP)  # the state people were last told
    text: Mapped[str] = mapped_column(Prose)
    remedy: Mapped[str] = mapped_column(Prose)
    link: Mapped[str] = mapped_column(Prose, default="")
    over: Mapped[str] = mapped_column(Prose, default="")  # why it is over; empty while it is down
    since: Mapped[datetime] = mapped_column(UtcDateTime)  # it is in this state
    count: Mapped[int] = mapped_column(default=1)  # how often it was lowered since it went down
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(default="")  # which took it last
    failures: Mapped[int] = mapped_column(default=0)  # rounds in a row in which no address took it
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
