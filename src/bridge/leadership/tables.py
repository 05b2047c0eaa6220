"""Tables of leadership: who leads until when, and when each job was last due."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Prose, UtcDateTime


class LeaderRow(Base):
    """Who leads, in the database's time. `fence` grows with every new reign."""

    __tablename__ = "leader"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    fence: Mapped[int] = mapped_column(BigInteger)
    leased_until: Mapped[datetime] = mapped_column(UtcDateTime)


class JobRow(Base):
    """When a job was last due and dealt with. `retry_at`: it failed and is tried again then."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_scheduled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(Prose, default="")
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
