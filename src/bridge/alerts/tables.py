"""Tables of alerts: what is told together, each of it, which events raised it, and what was said."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index

# Conditions of indexes; a query must say them in these very words.
DUE = "look_at IS NOT NULL"
OPEN = "state <> 'over'"


class GroupRow(Base):
    """What one step of a rule tells together. `look_at`: when it has something to do; `None`: nothing."""

    __tablename__ = "alert_group"
    __table_args__ = (partial_index("ix_alert_group_due", "look_at", where=DUE),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str]
    step: Mapped[str]
    connection: Mapped[str]
    action: Mapped[str]
    receiver: Mapped[str]  # the connection, and where in it: `teams|channel:operations`
    title: Mapped[str] = mapped_column(Prose, default="")
    labels: Mapped[Any] = mapped_column(Json)  # what it is grouped by
    cards: Mapped[int] = mapped_column(default=0)  # it was told in so many
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    @property
    def title_or_labels(self) -> str:
        """What its alerts have in common, in words."""
        return self.title or ", ".join(one for one in self.labels.values() if one) or self.rule


class AlertRow(Base):
    """One alert: `machine.py` draws its states. One fingerprint is open once in a group."""

    __tablename__ = "alert"
    __table_args__ = (
        partial_index("uq_alert_open", "group_id", "fingerprint", where=OPEN, unique=True),
        partial_index("ix_alert_subject", "subject", where=OPEN),
        partial_index("ix_alert_ended", "ended_at", where="ended_at IS NOT NULL"),
        partial_index("ix_alert_silence", "silence_id", where="silence_id IS NOT NULL"),
        Index("ix_alert_group_id_seq", "group_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[str]
    fingerprint: Mapped[str]
    rule: Mapped[str]
    step: Mapped[str]
    event_id: Mapped[str]  # the one whose values it has: the newest
    target: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    customer: Mapped[str | None]
    labels: Mapped[Any] = mapped_column(Json)
    args: Mapped[Any] = mapped_column(Json)
    needs: Mapped[Any] = mapped_column(Json)  # step id -> link whose right end its texts name
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Prose, default="")
    times: Mapped[int] = mapped_column(default=1)  # so many events said so
    told_times: Mapped[int] = mapped_column(default=0)  # when it was told last
    held_back: Mapped[bool] = mapped_column(default=False)
    silence_id: Mapped[str | None]  # that silenced it when it was looked at last
    delivery_id: Mapped[str | None]  # of the last card that told it
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ready_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RaisedRow(Base):
    """An event raised an alert, or was one more sign of it: each event once."""

    __tablename__ = "alert_raised"

    id: Mapped[str] = mapped_column(primary_key=True)  # of event, rule, step and target
    event_id: Mapped[str] = mapped_column(index=True)
    alert_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CardRow(Base):
    """One card that told alerts: how many of each, and which delivery took it."""

    __tablename__ = "alert_card"
    __table_args__ = (Index("ix_alert_card_route", "rule", "step", "receiver", "at"),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    delivery_id: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str]
    step: Mapped[str]
    receiver: Mapped[str]
    groups: Mapped[Any] = mapped_column(Json)  # ids
    firing: Mapped[int]
    resolved: Mapped[int]
    why: Mapped[str]  # news, again, resolved, summary
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SilenceRow(Base):
    """Alerts whose labels fit every matcher are not told from `starts_at` to `ends_at`."""

    __tablename__ = "silence"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    matchers: Mapped[Any] = mapped_column(Json)  # `severity=~"high|critical"`, as people write them
    author: Mapped[str]
    comment: Mapped[str] = mapped_column(Prose, default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expired_by: Mapped[str] = mapped_column(default="")  # who ended it before its time
