"""All SQL of the inbox: keep messages once, claim what is pending, finish it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session, defer
from sqlalchemy.sql.dml import ReturningInsert

from bridge.bell import INBOX
from bridge.canonical.event import Origin
from bridge.canonical.ids import random_id
from bridge.canonical.text import storable
from bridge.connectors.contract import Message
from bridge.db import dialect, insert_into, ring
from bridge.inbox.statements import (
    AGAIN,
    ANY_DUE,
    CLAIM,
    CLAIM_PAST,
    END,
    KEEP,
    NOW,
    PENDING_PAST,
    UNCLAIMED,
    Taken,
)
from bridge.inbox.tables import BAD, PENDING, MessageRow, MessageState, SeenMessageRow

DEDUPE_FOR = timedelta(hours=24)
LEASE = timedelta(minutes=2)
MAX_CLAIMS = 5  # a payload that kills the process this often is marked bad
MAX_KEY = 200  # characters of a dedupe key; a longer one is kept as its hash
_INDEXED: Mapping[str | None, str] = {MessageState.PENDING: PENDING, MessageState.BAD: BAD}
_BLANK = ("auth", "secret", "token", "cookie", "key", "password", "credential")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A verified message that waits to be kept. `dedupe_key` is its identity in transport.

    `private_headers` bring credentials although their names do not say so.
    """

    message: Message
    dedupe_key: str
    private_headers: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The dedupe key as it is stored: foreign text, so it may be too long for an index."""
        if len(self.dedupe_key) <= MAX_KEY:
            return storable(self.dedupe_key)
        digest = hashlib.sha256(self.dedupe_key.encode("utf-8", "surrogatepass"))
        return f"sha256:{digest.hexdigest()}"

    @property
    def identity(self) -> str:
        return f"{self.message.connection} {self.key}"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The id under which a message is durable; `new` is false for one that was sent again."""

    id: str
    new: bool


def keep(session: Session, arrivals: Sequence[Arrival], *, now: datetime) -> list[Kept]:
    """Store messages not seen in the last day, in one statement a table; answers in order."""
    first = {arrival.identity: arrival for arrival in reversed(arrivals)}
    ids = {identity: random_id("msg") for identity in sorted(first)}
    new = _claim_identities(session, ids, now=now)
    rows = [_row(ids[identity], first[identity]) for identity in sorted(new)]
    if rows:
        session.execute(KEEP, rows)
        ring(session, INBOX)
    known = _known(session, sorted(set(ids) - new))
    seen: set[str] = set()
    kept = []
    for arrival in arrivals:
        identity = arrival.identity
        fresh = identity in new and identity not in seen
        seen.add(identity)
        kept.append(Kept(id=ids[identity] if identity in new else known[identity], new=fresh))
    return kept


def anything_due(session: Session, *, now: datetime) -> bool:
    """A cheap look before a write transaction is opened."""
    return session.scalars(ANY_DUE, {"now": now}).first() is not None


def claim(session: Session, *, limit: int, now: datetime, term: timedelta = LEASE) -> list[Taken]:
    """Take pending messages, oldest first, under a lease of this `term`.

    One that was claimed before and came to no end may be what ended the process: it goes alone, so
    that the innocent are not counted guilty with it. The caller ends one that `is_poison`.
    What a backfill brings waits until nothing else is due, and goes one by one: whoever is told
    something now waits for one of those at most.
    """
    asked = {"now": now, "most": limit, "until": now + term}
    taken = session.execute(CLAIM, asked).all() or session.execute(CLAIM_PAST, {**asked, "most": 1})
    return sorted((Taken(*row) for row in taken), key=lambda row: row.seq)


def pending_past(session: Session) -> int:
    """How many messages of backfills are not translated yet."""
    return session.scalar(PENDING_PAST) or 0


def quiet_for(session: Session, *, now: datetime) -> timedelta | None:
    """Until a message that waits, or that another node may have lost, is due. `None`: there is none."""
    if anything_due(session, now=now):
        return timedelta(0)
    waits = [
        select(func.min(time)).where(MessageRow.state == MessageState.PENDING, time > now)
        for time in (MessageRow.due_at, MessageRow.leased_until)
    ]
    found = session.execute(select(*(wait.scalar_subquery() for wait in waits))).one()
    times = [one for one in found if one is not None]
    return min(times) - now if times else None


def is_poison(row: Taken) -> bool:
    """Claimed so often without an end that it must be the message itself."""
    return row.claims > MAX_CLAIMS


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the translation of a claimed message ended."""

    row: Taken
    state: MessageState
    reason: str = ""
    event_type: str = ""


def finish(session: Session, ended: Iterable[Ended], *, now: datetime) -> None:
    """Record how translations ended, in one statement for all that ended alike.

    What another node has ended meanwhile stays as it is: this one was away for longer than its lease.
    """
    alike: dict[tuple[str, str, str], list[int]] = {}
    for one in ended:
        kind = storable(one.event_type or one.row.event_type)
        alike.setdefault((one.state, storable(one.reason), kind), []).append(one.row.seq)
    for (state, reason, kind), seqs in sorted(alike.items()):
        values = {"state": state, "reason": reason, "event_type": kind, "translated_at": now}
        free = {"leased_until": None, "due_at": None}
        session.execute(END, {"seqs": sorted(seqs), **values, **free})


def postpone(session: Session, row: Taken, *, until: datetime, reason: str) -> None:
    """Try again later: a read that the translation needs did not answer."""
    session.execute(AGAIN.values(UNCLAIMED), _set_aside(row, until, reason))


def set_aside(session: Session, row: Taken, *, until: datetime, reason: str) -> None:
    """Try again later; the claim counts, since the message itself may be what is wrong."""
    session.execute(AGAIN, _set_aside(row, until, reason))


def retranslate(session: Session, chosen: Select[MessageRow]) -> list[str]:
    """Put messages back to be translated; the ids of those whose body is still there."""
    wanted = chosen.with_only_columns(MessageRow.seq).scalar_subquery()
    back = (
        update(MessageRow)
        .where(MessageRow.seq.in_(wanted), MessageRow.body.is_not(None))
        .values(state=MessageState.PENDING, leased_until=None, due_at=None, claims=0, reason="")
        .returning(MessageRow.id)
        .execution_options(synchronize_session=False)
    )
    ring(session, INBOX)
    return list(session.scalars(back))


def message(row: Taken) -> Message:
    """The message as it came."""
    return Message(
        connection=row.connection,
        headers=orjson.loads(row.headers or b"{}"),
        body=row.body or b"",
        received_at=row.received_at,
        origin=Origin(row.origin),
    )


def one(session: Session, message_id: str) -> MessageRow | None:
    return session.scalar(select(MessageRow).where(MessageRow.id == message_id))


def listing(
    *, connection: str | None, state: str | None, event_type: str | None
) -> Select[MessageRow]:
    """Messages that fit, without their bodies; the caller pages by `seq`."""
    query = select(MessageRow).options(defer(MessageRow.body), defer(MessageRow.headers))
    wanted = {"connection": connection, "state": state, "event_type": event_type}
    query = query.filter_by(**{name: value for name, value in wanted.items() if value})
    return query.where(text(_INDEXED[state])) if state in _INDEXED else query


def is_narrow(state: str | None) -> bool:
    """Whether an index leads to what is in this state, however much history there is."""
    return state in _INDEXED


def count(session: Session, state: MessageState) -> int:
    """Of those that are pending or bad: the others are history, which nobody counts."""
    query = select(func.count()).select_from(MessageRow).where(text(_INDEXED[state]))
    return session.scalar(query) or 0


def forget_identities(session: Session, *, now: datetime, limit: int = 5_000) -> int:
    """Delete transport identities that nobody will send again."""
    query = select(SeenMessageRow.identity).where(SeenMessageRow.expires_at < now)
    old = session.scalars(query.order_by(SeenMessageRow.expires_at).limit(limit)).all()
    if old:  # one that came once more meanwhile has a later time
        gone = SeenMessageRow.identity.in_(sorted(old)), SeenMessageRow.expires_at < now
        session.execute(delete(SeenMessageRow).where(*gone))
    return len(old)


def free_leases(session: Session) -> None:
    """At the start of the only process: whoever held these is gone."""
    held = update(MessageRow).where(text(PENDING))
    session.execute(held.where(MessageRow.leased_until.is_not(None)).values(leased_until=None))


def _claim_identities(session: Session, ids: dict[str, str], *, now: datetime) -> set[str]:
    rows = [
        {
            "identity": identity,
            "message_id": ids[identity],
            "expires_at": now + DEDUPE_FOR,
            "now": now,
        }
        for identity in sorted(ids)
    ]
    return set(session.scalars(_claim_identity(dialect(session)), rows))


@cache
def _claim_identity(dialect: str) -> ReturningInsert[tuple[str]]:
    new = insert_into(dialect, SeenMessageRow)
    return new.on_conflict_do_update(
        index_elements=["identity"],
        set_={"message_id": new.excluded.message_id, "expires_at": new.excluded.expires_at},
        where=SeenMessageRow.expires_at < NOW,
    ).returning(SeenMessageRow.identity)


def _set_aside(row: Taken, until: datetime, reason: str) -> dict[str, Any]:
    return {"one": row.seq, "leased_until": None, "due_at": until, "reason": storable(reason)}


def _known(session: Session, identities: list[str]) -> dict[str, str]:
    if not identities:
        return {}
    query = select(SeenMessageRow.identity, SeenMessageRow.message_id).where(
        SeenMessageRow.identity.in_(identities)
    )
    return {row.identity: row.message_id for row in session.execute(query)}


def _row(message_id: str, arrival: Arrival) -> dict[str, Any]:
    message = arrival.message
    return {
        "id": message_id,
        "connection": message.connection,
        "dedupe_key": arrival.key,
        "received_at": message.received_at,
        "headers": orjson.dumps(_shown(arrival)),
        "body": message.body,
        "size": len(message.body),
        "event_type": "",
        "origin": message.origin,
        "state": MessageState.PENDING,
        "reason": "",
        "claims": 0,
    }


def _shown(arrival: Arrival) -> dict[str, str]:
    """Headers with credentials blanked: they were checked, and must not lie in the database."""
    return {
        storable(name): "[blank]" if _brings_a_secret(name, arrival) else storable(value)
        for name, value in arrival.message.headers.items()
    }


def _brings_a_secret(header: str, arrival: Arrival) -> bool:
    return header in arrival.private_headers or any(part in header for part in _BLANK)
