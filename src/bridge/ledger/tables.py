"""Tables of the ledger: events, their changes, the latest records, and the links between records."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bridge.db import Base, Json, Prose, Serial, UtcDateTime, partial_index


class EventRow(Base):
    """A canonical fact.

    `matched` counts the rules that matched; `None` until it was decided, and while a rule that
    cannot be evaluated might be the only one.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject_seq", "subject", "seq"),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    connection: Mapped[str]
    subject: Mapped[str]
    kind: Mapped[str]
    version: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    origin: Mapped[str]
    actor: Mapped[Any | None] = mapped_column(Json)
    actor_kind: Mapped[str | None]
    department: Mapped[str | None]  # of the actor, on that day
    customer: Mapped[str | None]
    project: Mapped[str | None]
    record: Mapped[Any] = mapped_column(Json)
    changes: Mapped[Any] = mapped_column(Json)
    facts: Mapped[Any] = mapped_column(Json)
    schema_version: Mapped[int]
    stale: Mapped[bool]
    message_id: Mapped[str | None]
    source: Mapped[str | None]
    rule_version: Mapped[str | None]
    matched: Mapped[int | None]
    considered: Mapped[int | None]


class SeenEventRow(Base):
    """Identities of events, kept a year longer than the events, so that an old fact stays known."""

    __tablename__ = "seen"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ChangeRow(Base):
    """One tracked field of one record at one moment."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_record_seq", "record", "seq"),
        Index("ix_change_field_at", "field", "at"),
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    record: Mapped[str]
    kind: Mapped[str]
    field: Mapped[str]
    before: Mapped[Any | None] = mapped_column(Json)
    after: Mapped[Any | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str | None]
    event_id: Mapped[str]


class RecordRow(Base):
    """The latest state of a record. `stamp` is the vendor's modification time of that state.

    `changed_at`: when a field that is tracked last changed, or it was made; `status_at`: when its
    status last did, since it was made. Both `None` for what was there before they were kept.
    `refused_at`: when its vendor last said that it is deleted, which nobody has told us.
    """

    __tablename__ = "record"
    __table_args__ = (partial_index("ix_record_parent", "parent", where="parent IS NOT NULL"),)

    ref: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    connection: Mapped[str]
    source: Mapped[str | None]
    schema_version: Mapped[int]
    data: Mapped[Any] = mapped_column(Json)
    stamp: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[str | None]  # the vendor's number of that state, where it counts (changelog id)
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # at the vendor
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)  # first
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ours: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # our account was last
    key: Mapped[str | None] = mapped_column(index=True)  # as people say it: ENG-12, 00001234
    url: Mapped[str | None]
    customer: Mapped[str | None]
    project: Mapped[str | None]
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parent: Mapped[str | None]  # of a comment or file: the ref of what it is on


DEAD = "state = 'dead'"  # of a link: the rows of an index, as a query must spell them
MIRRORS = "mirrors"  # the relation of which each end has one alone
COPIES = "copies"  # the relation of what is said on a record and its copies on others
MIRRORED = "relation = 'mirrors' AND state <> 'dead'"


class LinkState(StrEnum):
    RESERVED = "reserved"  # the create has not come back yet
    LIVE = "live"
    DEAD = "dead"  # one end is gone


class LinkRow(Base):
    """Two records and a relation. The right end is empty while its create is on the way.

    `slot` makes (left, role) unique for a 1:1 role, where it is empty; a role that allows more
    puts the right end or the delivery there. Of `mirrors` each end has one, but for dead ones.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("left_ref", "role", "slot"),
        UniqueConstraint("left_ref", "right_ref", "relation"),
        partial_index("ix_link_dead", "created_at", where=DEAD),
        partial_index("ix_link_mirrored_left", "left_ref", where=MIRRORED, unique=True),
        partial_index("ix_link_mirrored_right", "right_ref", where=MIRRORED, unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    left_ref: Mapped[str]
    left_kind: Mapped[str]
    right_ref: Mapped[str | None] = mapped_column(index=True)
    right_kind: Mapped[str]
    right_connection: Mapped[str]
    relation: Mapped[str]
    role: Mapped[str]
    slot: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    key: Mapped[str] = mapped_column(default="")  # of the right end
    url: Mapped[str] = mapped_column(default="")
    event_id: Mapped[str | None]
    delivery_id: Mapped[str | None]
    note: Mapped[str] = mapped_column(Prose, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdoptionRow(Base):
    """Pairs that existed before Bridge, to be linked: looked up first, then run with this id.

    querying --> reading --> planned --run--> running --> done
    querying | reading | planned | running --cancel--> cancelled
    querying | reading | running --refused for good--> failed
    """

    __tablename__ = "adoption"

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str]
    why: Mapped[str] = mapped_column(Prose, default="")
    wish: Mapped[Any] = mapped_column(Json)  # query, role, options; the pairs have rows
    state: Mapped[str] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(Prose, default="")  # why it does not go on
    done: Mapped[int] = mapped_column(default=0)  # pairs of this phase
    total: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)  # the lease of who works on it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of the plan, until it is run
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdoptionPairRow(Base):
    """One pair of an adoption: as it was said, what it names, and what becomes of it."""

    __tablename__ = "adoption_pair"

    adoption_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # row, from 1
    left_said: Mapped[str] = mapped_column(Prose)
    right_said: Mapped[str] = mapped_column(Prose)
    role: Mapped[str]
    relation: Mapped[str]
    left_ref: Mapped[str | None]
    right_ref: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Prose, default="")


class DriftRow(Base):
    """An audit: linked records compared field by field, so far; and the repair of what it found.

    comparing --> done --repair--> repairing --> repaired
    comparing | repairing --cancel--> cancelled
    comparing | repairing --refused for good--> failed
    """

    __tablename__ = "drift"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    principal: Mapped[str]
    why: Mapped[str] = mapped_column(Prose, default="")
    state: Mapped[str] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(Prose, default="")  # why it does not go on
    sample: Mapped[int | None]  # links to compare at most; None: all
    begins: Mapped[str]  # it goes round the links in the order of their ids, from here
    cursor: Mapped[str]  # to here so far; then the difference that was repaired last
    rounds: Mapped[int] = mapped_column(default=0)  # how often it has passed the last id
    counts: Mapped[Any] = mapped_column(Json)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)  # the lease of who works on it
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the comparison
    repaired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DifferenceRow(Base):
    """Two fields that do not agree, or two records, as an audit found them. The values are live ones.

    `writes`: the ref that a repair would write to; empty where there is nothing to write.
    """

    __tablename__ = "difference"
    __table_args__ = (Index("ix_difference_drift_seq", "drift_id", "seq"),)

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    drift_id: Mapped[str]
    link_id: Mapped[str]
    sync: Mapped[str]
    field: Mapped[str]  # empty: the records as a whole
    left_ref: Mapped[str]
    right_ref: Mapped[str]
    left_value: Mapped[Any | None] = mapped_column(Json)
    right_value: Mapped[Any | None] = mapped_column(Json)
    private: Mapped[bool]  # personal data or free text
    cause: Mapped[str]
    reason: Mapped[str] = mapped_column(Prose, default="")
    writes: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="")  # of a repair
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ShadowRow(Base):
    """The value a system itself last showed us for one field of one end of a link."""

    __tablename__ = "shadow"

    link_id: Mapped[str] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any | None] = mapped_column(Json)
    stamp: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CounterpartRow(Base):
    """Whose account at one connection is whose at another, where people.yaml did not say.

    No `found`: nobody knows yet, `reason` says why, and the field there is left as it is. An erased
    row keeps its id and loses its accounts, so it says nothing of anybody any more.
    """

    __tablename__ = "counterpart"

    id: Mapped[str] = mapped_column(primary_key=True)  # of both connections and the account
    at: Mapped[str]
    account: Mapped[str] = mapped_column(Prose)
    to: Mapped[str]
    found: Mapped[str | None] = mapped_column(Prose)
    reason: Mapped[str] = mapped_column(default="")
    seen: Mapped[int] = mapped_column(
        default=0
    )  # how often a value could not be carried for want of it
    record: Mapped[str] = mapped_column(default="")  # the ref of the last one
    event_id: Mapped[str | None]
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)  # when to ask (again)


class CounterpartWaitRow(Base):
    """A record of which a field waits for a counterpart, and the event that asked last.

    `due_at`: somebody was found since, and it is to be judged again.
    """

    __tablename__ = "counterpart_wait"
    __table_args__ = (
        partial_index("ix_counterpart_wait_due", "due_at", where="due_at IS NOT NULL"),
    )

    counterpart_id: Mapped[str] = mapped_column(primary_key=True)
    record: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str | None]
    met_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
