"""Tables of the rules: every set that was ever active, which one is, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index


class RuleSetRow(Base):
    """A set of mapping files, whole. `withdrawn_at`: rolled back, not to be taken up by itself."""

    __tablename__ = "rule_set"

    hash: Mapped[str] = mapped_column(primary_key=True)
    files: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ActivationRow(Base):
    """The history of what was active; the newest row is the active set."""

    __tablename__ = "activation"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    hash: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str]
    why: Mapped[str] = mapped_column(Prose, default="")
    kind: Mapped[str]  # start, follow, activate, rollback
    changed: Mapped[str] = mapped_column(
        Prose, default="", server_default=text("''")
    )  # what it does differently from the one before, in a line


FAILED = "answer = 'error'"  # the rows of an index, as a query must spell them


class DecisionRow(Base):
    """One rule's answer to one event, kept when it matched or failed."""

    __tablename__ = "decision"
    __table_args__ = (partial_index("ix_decision_error", "seq", where=FAILED),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[str] = mapped_column(index=True)
    rule: Mapped[str]
    rule_version: Mapped[str]
    target: Mapped[str] = mapped_column(default="")
    answer: Mapped[str]
    reason: Mapped[str] = mapped_column(Prose)
    detail: Mapped[Any] = mapped_column(Json)
    mended: Mapped[bool] = mapped_column(default=False)  # an error that was decided again since
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RuleUseRow(Base):
    """How much one rule wrote in a slot of so many minutes that began at `since`.

    Slots of 5 minutes make up the last hour, those of an hour the history of a rule. `forgiven` of
    the writes count no more: a person has decided on them.
    """

    __tablename__ = "rule_use"

    rule: Mapped[str] = mapped_column(primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    writes: Mapped[int]
    forgiven: Mapped[int] = mapped_column(default=0)
    known: Mapped[int]  # fields that had a value before
    overwritten: Mapped[int]  # of these, those that get another
    most: Mapped[int]  # writes of one step to one record
