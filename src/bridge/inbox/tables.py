"""Tables of the inbox.

pending --translated--> translated | ignored | bad          bad, ignored --retranslate--> pending
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Prose, Serial, UtcDateTime, partial_index


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
