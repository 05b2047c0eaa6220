"""Tables of the inbox.

pending --translated--> translated | ignored | bad          bad, ignored --retranslate--> pending
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index


class MessageState(StrEnum):
    PENDING = "pending"
    TRANSLATED = "translated"
    IGNORED = "ignored"
    BAD = "bad"


# The rows of indexes, as a query must spell them: SQLite goes by the very words.
PENDING, BAD = "state = 'pending'", "state = 'bad'"


class MessageRow(Base):
    """One inbound body as it came. `headers` is JSON bytes; credentials in it are blanked."""

    __tablename__ = "message"
    __table_args__ = (
        partial_index("ix_message_pending", "seq", where=PENDING),
        partial_index("ix_message_bad", "seq", "connection", where=BAD),
        partial_index("ix_message_body", "received_at", where="body IS NOT NULL"),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    connection: Mapped[str]
    dedupe_key: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    headers: Mapped[bytes | None] = mapped_column(LargeBinary)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)  # None: retention has thinned it
    size: Mapped[int]
    event_type: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="webhook", server_default="webhook")
    state: Mapped[str] = mapped_column(default=MessageState.PENDING)
    reason: Mapped[str] = mapped_column(Prose, default="")
    claims: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a reread that failed waits
    translated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SeenMessageRow(Base):
    """Transport identity of messages, kept for as long as a sender may send one again."""

    __tablename__ = "message_seen"

    identity: Mapped[str] = mapped_column(primary_key=True)  # connection + delivery id
    message_id: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PollRow(Base):
    """How far the search for what no message told has come, by source.

    All that was changed before `since` is in the inbox or was known. A pass runs from `begun_at` on,
    page by page, each under a lease.
    """

    __tablename__ = "poll"

    source: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # the last pass that came to its end
    found: Mapped[int] = mapped_column(default=0)  # in this pass, else in the last one
    problem: Mapped[str] = mapped_column(Prose, default="")  # why it does not go on
    # The round through what is known, to see whether it is still there: up to which ref, and when next.
    looked_ref: Mapped[str | None]
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PolledRow(Base):
    """What a search has brought into the inbox already: a record and its modification stamp."""

    __tablename__ = "polled"

    source: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    stamp: Mapped[datetime] = mapped_column(UtcDateTime)


class BackfillRow(Base):
    """The past of one source, as far as it was asked for and has been brought.

    counting --> planned --run--> running <--pause, resume--> paused
    running --> done              counting | planned | running | paused --cancel--> cancelled
    counting | running --refused for good--> failed

    Its records have rows of their own, which go as they are brought.
    """

    __tablename__ = "backfill"

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    why: Mapped[str] = mapped_column(Prose, default="")
    wish: Mapped[Any] = mapped_column(Json)  # source, query, since, history, share
    state: Mapped[str] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(Prose, default="")  # why it does not go on
    found: Mapped[int] = mapped_column(default=0)  # records that the search has shown
    known: Mapped[int] = mapped_column(default=0)  # of those, how many the ledger has as new
    total: Mapped[int] = mapped_column(default=0)  # records to be read
    done: Mapped[int] = mapped_column(default=0)  # of those, how many were
    brought: Mapped[int] = mapped_column(default=0)  # of those, how many went into the inbox
    calls: Mapped[int] = mapped_column(default=0)  # that were made to the vendor
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resumed_from: Mapped[int] = mapped_column(default=0)  # done by then
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)  # the lease of who works on it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the plan, until it is run
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BackfillRecordRow(Base):
    """A record that a backfill has still to read. `not_before`: it changed a moment ago."""

    __tablename__ = "backfill_record"

    backfill_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
