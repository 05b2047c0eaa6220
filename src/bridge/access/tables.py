"""Tables of access: keys, the audit, and requests that may be sent again."""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime


class ApiKeyRow(Base):
    """An API key. Only the SHA-256 of its secret is kept."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """One act of a principal."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    principal: Mapped[str]
    role: Mapped[str]
    verb: Mapped[str]  # replay, cancel, release, activate, reveal, …
    target: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(Prose, default="")
    difference: Mapped[Any | None] = mapped_column(Json)


class RepeatableRow(Base):
    """The answer given to an `Idempotency-Key`, so that the same request is not acted on twice."""

    __tablename__ = "idempotency"

    identity: Mapped[str] = mapped_column(primary_key=True)  # principal + key
    fingerprint: Mapped[str]
    status: Mapped[int]  # 0 while the first request is running
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
