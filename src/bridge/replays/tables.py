"""Tables of replays, and the states of one.

planning --all is looked at--> planned --run--> running --all is done--> done
    |                             |              |   ^
    |                             |        pause v   | resume
    '---------- cancel -----------+------------ paused          cancelled   nothing more of it goes
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index

WORKING = "state IN ('planning', 'running')"
LEFT = "did = ''"  # of an item


class ReplayState(StrEnum):
    PLANNING = "planning"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


OVER = frozenset({ReplayState.DONE, ReplayState.CANCELLED})


class ReplayRow(Base):
    """A replay: planned, then run with this id and no other.

    `looked`: up to which delivery the plan has come, of those up to `newest`. `cursor`: the highest
    number of an item that is done; some before it may not be. `going_since` and `done_then`: what its speed is told from.
    """

    __tablename__ = "replay"
    __table_args__ = (partial_index("ix_replay_working", "not_before", "seq", where=WORKING),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    principal: Mapped[str]
    run_by: Mapped[str] = mapped_column(default="")
    mode: Mapped[str]  # again, redecide, then
    filter: Mapped[Any] = mapped_column(Json)
    why: Mapped[str] = mapped_column(Prose, default="")
    options: Mapped[Any] = mapped_column(Json)
    counts: Mapped[Any] = mapped_column(Json)
    state: Mapped[str]
    looked: Mapped[int] = mapped_column(BigInteger, default=0)
    newest: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    moved: Mapped[Any] = mapped_column(Json)  # what came otherwise than planned, counted
    waits: Mapped[str] = mapped_column(Prose, default="")  # what it waits for, in words
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    going_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_then: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReplayItemRow(Base):
    """One delivery, or one event, of a replay. Its number is the `seq` of that: so they go in order.

    `lane`: the connections that it sends to, those of an event with commas between.
    `will` is what the plan says of it and `did` what came of it; `moved`: that was something else.
    `will` is empty where a version before ours has planned it.
    `sends`: the delivery that goes out in its place. `owed`: what an event would owe by it.
    """

    __tablename__ = "replay_item"
    __table_args__ = (
        partial_index("ix_replay_item_sends", "replay_id", "sends", where="sends IS NOT NULL"),
        partial_index("ix_replay_item_left", "replay_id", "lane", "number", where=LEFT),
    )

    replay_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    what: Mapped[str]
    lane: Mapped[str] = mapped_column(default="", server_default=text("''"))
    will: Mapped[str]
    did: Mapped[str] = mapped_column(default="")
    sends: Mapped[int | None] = mapped_column(BigInteger)
    owed: Mapped[Any | None] = mapped_column(Json)
    moved: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Prose, default="")
