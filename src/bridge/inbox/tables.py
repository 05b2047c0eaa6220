"""Tables of the inbox.

pending --translated--> translated | ignored | bad          bad, ignored --retranslate--> pending
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Prose, Serial, UtcDateTime


class MessageState(StrEnum):
    PENDING = "pending"
    TRANSLATED = "translated"
    IGNORED = "ignored"
    BAD = "bad"


class MessageRow(Base):
    """One inbound body as it came. `headers` is JSON bytes; credentials in it are blanked."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_pending",
            "seq",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index("ix_message_state_seq", "state", "seq"),
        Index("ix_message_connection_received_at", "connection", "received_at"),
        Index(
            "ix_message_body",
            "received_at",
            postgresql_where=text("body IS NOT NULL"),
            sqlite_where=text("body IS NOT NULL"),
        ),
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
