"""Tables of the outbox, and the states of a delivery.

waiting --link there--> pending               held <--hold / release--> pending
pending --claim--> in_flight --ok--> succeeded | accepted | unchanged
   ^                  |--- transient, ambiguous, bug: tries left --> pending (due later)
   |                  |--- permanent, or none left ----------------> dead
   |                  |--- credentials ----------------------------> pending (spends no try)
   |                  '--- out of date ----------------------------> expired
   '---- replay ---- dead                     waiting --create is dead--> dead
merged      went out inside another's call    superseded  a newer one says it all
   (from pending, with the end of that call: `coalescing.py`)
cancelled   a person said no
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index


class State(StrEnum):
    WAITING = "waiting"
    PENDING = "pending"
    HELD = "held"
    IN_FLIGHT = "in_flight"
    SUCCEEDED = "succeeded"
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DEAD = "dead"
    CANCELLED = "cancelled"


# Conditions of indexes that hold only what is not over: all else is history, and grows for ever. A
# query must say them in these very words, or SQLite does not take the index.
IN_TURN = "state IN ('pending', 'in_flight') OR (state = 'dead' AND dead_head = 'block')"
HURRIES = f"urgent AND ({IN_TURN})"
NOT_OVER = "state IN ('waiting', 'pending', 'held', 'in_flight', 'dead')"
SET_ASIDE = "state IN ('waiting', 'held', 'dead')"
WAITING = "state = 'waiting'"
DEAD = "state = 'dead'"
LOST = "state = 'pending' AND (find_first OR error_kind = 'ambiguous')"
LINKED = f"target_link IS NOT NULL AND {NOT_OVER}"
UNDER_WAY = "doing <> ''"  # of a hold
URGENT = "urgent AND due_at IS NOT NULL"  # of a key
OPEN = frozenset({State.WAITING, State.PENDING, State.HELD, State.IN_FLIGHT})
GOOD = frozenset({State.SUCCEEDED, State.ACCEPTED, State.UNCHANGED, State.MERGED})


def spelled(condition: str) -> TextClause:
    """One of the conditions above as part of a query about that table alone."""
    return text(f"({condition})")


class DeliveryRow(Base):
    """One action we owe one connection: the unit of sync, retry and replay.

    It is written three times, and each index costs each time: what is over is in few of them.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        partial_index("ix_delivery_event", "event_id", where="event_id IS NOT NULL"),
        Index("ix_delivery_ordering_key_seq", "ordering_key", "seq"),
        Index("ix_delivery_subject_seq", "subject", "seq"),
        partial_index("ix_delivery_queue", "ordering_key", "state", "seq", where=IN_TURN),
        partial_index("ix_delivery_hurries", "ordering_key", where=HURRIES),
        partial_index("ix_delivery_open", "state", "seq", "connection", where=NOT_OVER),
        partial_index("ix_delivery_aside", "subject", "state", "seq", where=SET_ASIDE),
        partial_index("ix_delivery_aside_key", "ordering_key", "seq", where=SET_ASIDE),
        partial_index("ix_delivery_linked", "target_link", where=LINKED),
        partial_index(
            "ix_delivery_dead",
            "rule",
            "connection",
            "error_group",
            "finished_at",
            "seq",
            where=DEAD,
        ),
        partial_index("ix_delivery_expires", "expires_at", where=WAITING),
        partial_index("ix_delivery_lost", "write_key", where=LOST),
        partial_index("ix_delivery_group", "error_group", "seq", where="error_group <> ''"),
        partial_index("ix_delivery_held", "hold_id", where="hold_id IS NOT NULL"),
        partial_index("ix_delivery_replay", "replay_id", "state", where="replay_id <> ''"),
        partial_index("ix_delivery_no_event", "finished_at", where="event_id IS NULL"),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[str | None]
    message_id: Mapped[str | None]  # correlation from message to attempt
    rule: Mapped[str]
    rule_version: Mapped[str]
    step: Mapped[str]
    target: Mapped[str] = mapped_column(default="")
    replay_id: Mapped[str] = mapped_column(default="")
    connection: Mapped[str]
    action: Mapped[str]
    args: Mapped[Any] = mapped_column(Json)
    needs: Mapped[Any] = mapped_column(Json)  # step id -> link whose right end it waits for
    target_link: Mapped[str | None]
    target_ref: Mapped[str | None]
    link_id: Mapped[str | None]  # the link this create reserved
    write_key: Mapped[str]
    ordering_key: Mapped[str]
    batch: Mapped[str] = mapped_column(
        default="", server_default=text("''")
    )  # bulk calls it may share
    alone: Mapped[bool] = mapped_column(
        default=False, server_default=text("false")
    )  # its step says so, or it was refused together with others: never merged
    subject: Mapped[str]
    customer: Mapped[str | None]
    origin: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False)
    dead_head: Mapped[str] = mapped_column(default="pass")
    ambiguous: Mapped[str] = mapped_column(default="skip")
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Prose, default="")
    error_kind: Mapped[str] = mapped_column(default="")
    error_code: Mapped[str] = mapped_column(default="")
    error_group: Mapped[str] = mapped_column(default="")
    claims: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    uncertain: Mapped[bool] = mapped_column(default=False)
    find_first: Mapped[bool] = mapped_column(default=False)
    misses: Mapped[int] = mapped_column(default=0)  # finds in a row that found nothing
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stale_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hold_id: Mapped[str | None]
    superseded_by: Mapped[str | None]
    result: Mapped[Any | None] = mapped_column(Json)  # ref, key, url, note
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the event
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderingKeyRow(Base):
    """What must stay in order goes one at a time: the lease and the fence are the key's.

    `due_at` is when its head may go; `None` when nothing waits. Most keys are idle, and in no index
    but that of their names.
    """

    __tablename__ = "ordering_key"
    __table_args__ = (
        partial_index("ix_ordering_key_next", "connection", "due_at", where="due_at IS NOT NULL"),
        partial_index("ix_ordering_key_hurry", "connection", "urgent", "due_at", where=URGENT),
        partial_index("ix_ordering_key_leased", "leased_until", where="leased_until IS NOT NULL"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    urgent: Mapped[bool] = mapped_column(default=False)
    batch: Mapped[str] = mapped_column(
        default="", server_default=text("''")
    )  # its head's, if that may share a call: not what is looked for first, nor what was begun
    fence: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # its record was written enough
    writes: Mapped[Any | None] = mapped_column(Json)  # of late, where its vendor limits them
    shadow: Mapped[str | None] = mapped_column(Prose)  # what our last write left: `shadow.py`


class AttemptRow(Base):
    """One try of a delivery. `exchanges` are its requests and answers, redacted and cut."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_delivery_id_number", "delivery_id", "number"),
        partial_index("ix_attempt_exchanges", "started_at", where="exchanges IS NOT NULL"),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    delivery_id: Mapped[str]
    number: Mapped[int]
    node: Mapped[str]
    batch: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    seconds: Mapped[float]
    outcome: Mapped[str]
    error: Mapped[str] = mapped_column(Prose, default="")
    error_code: Mapped[str] = mapped_column(default="")
    exchanges: Mapped[Any | None] = mapped_column(Json)


class FollowUpRow(Base):
    """An end that is recorded, but what follows from it (link, alarm, write-back) failed and is owed."""

    __tablename__ = "follow_up"

    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Prose)
    tries: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class HoldRow(Base):
    """Why deliveries wait for a person.

    open --release--> released     open --discard--> discarded
      '--- `until` has passed --> expired, and its deliveries are released or discarded: `then`
    While deliveries are left that this has not reached yet, `doing` says what becomes of them.
    """

    __tablename__ = "hold"
    __table_args__ = (
        partial_index("uq_hold_open", "kind", "about", where="state = 'open'", unique=True),
        partial_index("ix_hold_under_way", "seq", where=UNDER_WAY),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # approval, conflict, blast_radius, same_error, observe, paused
    about: Mapped[str] = mapped_column(index=True)  # one open hold per kind and subject
    connection: Mapped[str | None]
    rule: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Prose, default="")
    owner: Mapped[str] = mapped_column(default="")
    may_decide: Mapped[str] = mapped_column(default="operator")  # the least role
    state: Mapped[str] = mapped_column(default="open", index=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    then: Mapped[str] = mapped_column(default="")  # release or discard, when `until` has passed
    doing: Mapped[str] = mapped_column(default="", server_default=text("''"))
    decisions: Mapped[Any] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spared_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # not held anew before


class ConnectionRow(Base):
    """What we know of a connection while it runs: paused or not, since when, why."""

    __tablename__ = "connection"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="open")  # credentials, paused, broken, probing
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Prose, default="")
    streak: Mapped[Any | None] = mapped_column(Json)  # whose calls failed in a row, while they do
    failures: Mapped[int] = mapped_column(default=0)
    probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    live_since: Mapped[datetime] = mapped_column(UtcDateTime)
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gap_seconds: Mapped[float | None]  # the usual time between messages


class PlanRow(Base):
    """A replay as it was before migration 0026, which took them over: see `replays/tables.py`.

    A node of the version before may run beside this one and use it, so the table stays for now.
    """

    __tablename__ = "plan"

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    mode: Mapped[str]  # again, redecide
    filter: Mapped[Any] = mapped_column(Json)
    why: Mapped[str] = mapped_column(Prose, default="")
    options: Mapped[Any] = mapped_column(Json)
    counts: Mapped[Any] = mapped_column(Json)
    deliveries: Mapped[Any] = mapped_column(Json)  # ids, in order
    state: Mapped[str] = mapped_column(default="planned")  # planned, running, done, cancelled
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RestoreRow(Base):
    """A start with a database that was restored: what it lacks may have happened at the vendors.

    The gap lies between `since`, the newest thing the database knows, and `until`, when we ran again.
    """

    __tablename__ = "restore"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    watched_until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BudgetRow(Base):
    """One limit of a connection, or of a part of it, as all nodes share it: `budgets/bucket.py`."""

    __tablename__ = "budget"

    connection: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True, default="")
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[Any] = mapped_column(Json)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
