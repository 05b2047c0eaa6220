"""All SQL of deliveries: owe, claim, finish, wake what waited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Insert, bindparam, func, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bridge.canonical.text import cut, storable, storable_json
from bridge.connectors.limits import Window
from bridge.db import Base, UtcDateTime, insert_in_order
from bridge.http import Exchange
from bridge.outbox import casting, joining, ordering, overtaken
from bridge.outbox.budgets import pacing
from bridge.outbox.casting import Said
from bridge.outbox.cause import MAX_REASON, group
from bridge.outbox.coalescing import Member, Part
from bridge.outbox.ordering import Wanted
from bridge.outbox.shadow import Shadow, names
from bridge.outbox.statements import any_due
from bridge.outbox.tables import (
    LOST,
    NOT_OVER,
    SET_ASIDE,
    WAITING,
    AttemptRow,
    DeliveryRow,
    OrderingKeyRow,
    State,
    spelled,
)

_DEFAULTS = {
    column.name: column.default.arg if column.default and column.default.is_scalar else None
    for column in DeliveryRow.__table__.columns
    if column.name != "seq"
}
_DELIVERIES = Base.metadata.tables[DeliveryRow.__tablename__]
_END = update(_DELIVERIES).where(_DELIVERIES.c.seq == bindparam("this"))
_BEGIN = (
    update(_DELIVERIES)
    .where(_DELIVERIES.c.seq.in_(bindparam("these", expanding=True)))
    .values(
        state=State.IN_FLIGHT,
        claims=_DELIVERIES.c.claims + 1,
        started_at=func.coalesce(_DELIVERIES.c.started_at, bindparam("at", type_=UtcDateTime)),
    )
)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A delivery whose key is ours until `until` (monotonic seconds). `rescued`: another began it."""

    delivery: DeliveryRow
    key: str
    fence: int
    until: float
    rescued: bool
    behind: bool = False  # something newer may have been written: it may have come back
    urgent: bool = False  # it, or one behind it that it keeps waiting
    probe: str = ""  # the connection or part that is down, and tried with this
    along: tuple[Member, ...] = ()  # may go out with it, still pending
    shadow: str | None = None  # what the key's last write left


@dataclass(frozen=True, kw_only=True)
class End:
    """How a claim ended. `wait` applies to a delivery that goes back to pending."""

    state: State
    outcome: str  # as the attempt log names it
    reason: str = ""
    kind: str = ""
    code: str = ""
    wait: timedelta = timedelta(0)
    result: Mapping[str, Any] | None = None
    superseded_by: str | None = None
    find_first: bool = False
    misses: int = 0
    uncertain: bool = False
    spends_try: bool = True
    seconds: float = 0.0
    exchanges: Sequence[Exchange] = field(default_factory=tuple)
    away: timedelta = timedelta(0)  # the vendor said for how long not to come
    pause: bool = False  # the credentials are bad: pause the connection, or this part of it
    part: str = ""
    hold_id: str | None = None  # that it goes into
    alone: bool = False  # refused among others: in no call with others again
    parts: Sequence[Part] = ()  # of a merged call, which went well or, if `alone`, is split
    batch: str | None = None  # the bulk call that it was in
    paces: Sequence[Window] = ()  # its vendor's limits on the writes of one record
    called: bool = True  # false: nothing was asked of the vendor, so there is no attempt to log
    left: Shadow | None = None  # at its record, if it went well


def owe(session: Session, rows: Sequence[DeliveryRow]) -> list[DeliveryRow]:
    """Add deliveries that are not owed already; those that were new. Pending ones are called up.

    The rows stay what they are given as: values that no session knows.
    """
    values = [_values(row) for row in rows]
    new = insert_in_order(session, DeliveryRow, values, key="id")
    added = [row for row in {row.id: row for row in rows}.values() if row.id in new]
    ordering.call_up(session, [row for row in added if row.state == State.PENDING])
    return added


def claim(
    session: Session,
    wanted: Wanted,
    *,
    node: str,
    limit: int,
    due: datetime,
    now: datetime,
    monotonic: float,
    term: timedelta,
) -> list[Claimed]:
    """Take the heads of keys that are due. Counts the claim, so that a killer payload is noticed."""
    keys = ordering.lease(session, wanted, node=node, limit=limit, due=due, now=now, term=term)
    heads = ordering.heads(session, [key.key for key in keys], due=due)
    past = overtaken.past(session, [head.delivery for head in heads.values()])
    company = joining.company(session, heads, past.written, kinds=wanted.merging, due=due)
    until = monotonic + term.total_seconds()
    rescued = {
        head.delivery.seq for head in heads.values() if head.delivery.state == State.IN_FLIGHT
    }
    _begin(session, [head.delivery for head in heads.values()], due)
    claimed = [
        Claimed(
            delivery=head.delivery,
            key=key.key,
            fence=key.fence,
            until=until,
            rescued=head.delivery.seq in rescued,
            behind=head.delivery.seq in past.suspects,
            urgent=key.urgent,
            shadow=key.shadow,
            along=company.get(key.key, ()),
        )
        for key in keys
        if (head := heads.get(key.key)) is not None
    ]
    ordering.settle(session, [key.key for key in keys if key.key not in heads], free=True)
    return claimed


def finish(
    session: Session, ends: Sequence[tuple[Claimed, End]], *, now: datetime, node: str
) -> list[DeliveryRow | None]:
    """Record how claims ended: each delivery as it is then, in the order given.

    `None`: its lease was lost meanwhile, or its end is recorded already. A call that was merged is
    recorded with the last delivery whose fields were in it.
    """
    said = [_said(claimed, end, now) for claimed, end in ends]
    keys = ordering.lock(session, casting.concerned(said))
    held = [_held(keys.get(claimed.key), claimed) for claimed, _ in ends]
    mine = {key.key for key in held if key}
    shadows = casting.cast(keys, said, mine, now=now)
    stands = _joined(session, [one for one, key in zip(ends, held, strict=True) if key], now)
    rows = _fresh(session, stands.values())
    done: list[DeliveryRow | None] = []
    ended, tries = [], []
    for (claimed, end), key in zip(ends, held, strict=True):
        # Retention may have been here.
        row = rows.get(stands[claimed.delivery.seq]) if key else None
        if row is not None:
            ended.append((row, end))
            if end.called and end.paces and key:
                pacing.count(key, end.paces, now=now)
            if end.called:
                tries.append(_attempt(row, end, now=now, node=node))
        done.append(row)
    _record(session, ended, now)
    if tries:
        session.execute(_numbered(), tries)
    ordering.settle(session, mine, free=True, shadows=shadows)
    return done


def give_back(session: Session, claims: Sequence[Claimed]) -> None:
    """Undo claims of which nothing was begun. What another worker had begun stays so, to be rescued."""
    keys = ordering.lock(session, [claimed.key for claimed in claims])
    held = [(claimed, key) for claimed in claims if (key := _held(keys.get(claimed.key), claimed))]
    rows = _fresh(session, [claimed.delivery.seq for claimed, _ in held])
    for claimed, _ in held:
        row = rows[claimed.delivery.seq]
        row.claims -= 1
        if not claimed.rescued:
            row.state = State.PENDING
    ordering.settle(session, [key.key for _, key in held], free=True)


def lost(session: Session, write_keys: Collection[str]) -> list[DeliveryRow]:
    """Deliveries with these write keys whose answer was lost and that no worker has in hand."""
    query = select(DeliveryRow).where(DeliveryRow.write_key.in_(sorted(write_keys)), spelled(LOST))
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def conclude(session: Session, delivery: DeliveryRow, end: End, *, now: datetime) -> bool:
    """End a lost delivery by what the vendor has shown of itself. False if a worker has it now."""
    still = [row for row in locked(session, [delivery]) if row in lost(session, [row.write_key])]
    _record(session, [(row, end) for row in still], now)
    for row in still:
        ordering.resettle(session, [row.ordering_key])
    return bool(still)


def anything_due(session: Session, wanted: Wanted, *, due: datetime) -> bool:
    """A cheap look before a write transaction is opened."""
    if not wanted.rooms:
        return False
    return any(session.execute(any_due(wanted.shape), {"due": due}).one())


def by_id(session: Session, ids: Sequence[str]) -> list[DeliveryRow]:
    """Deliveries in the order they were owed."""
    if not ids:
        return []
    query = select(DeliveryRow).where(DeliveryRow.id.in_(sorted(set(ids))))
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def one(session: Session, delivery_id: str) -> DeliveryRow | None:
    return session.scalar(select(DeliveryRow).where(DeliveryRow.id == delivery_id))


def of_step(
    session: Session, event_id: str, rule: str, names: Collection[str]
) -> list[DeliveryRow]:
    """Everything one step of a rule owed for one event, under all its names, replays too."""
    query = select(DeliveryRow).where(
        DeliveryRow.event_id == event_id,
        DeliveryRow.rule == rule,
        DeliveryRow.step.in_(sorted(names)),
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq)))


def attempts(session: Session, delivery_id: str) -> list[AttemptRow]:
    query = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id)
    return list(session.scalars(query.order_by(AttemptRow.seq)))


def locked(session: Session, rows: Collection[DeliveryRow]) -> list[DeliveryRow]:
    """These deliveries as they are now, their keys and they themselves locked until the end.

    Whoever changes a delivery from outside goes this way, in the order that a claim has: the key,
    then the delivery. Else a claim made meanwhile is overwritten, and what it sends is lost.
    """
    ordering.lock(session, {row.ordering_key for row in rows})
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.seq.in_(sorted(row.seq for row in rows)))
        .order_by(DeliveryRow.seq)
    )
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def overdue(session: Session, *, now: datetime, limit: int = 50) -> list[DeliveryRow]:
    """Deliveries that wait for a record longer than their step allows."""
    query = select(DeliveryRow).where(spelled(WAITING), DeliveryRow.expires_at <= now)
    return list(session.scalars(query.order_by(DeliveryRow.expires_at).limit(limit)))


def waiting_for(session: Session, subject: str, link_id: str) -> list[DeliveryRow]:
    """Deliveries about a subject that wait for this link's right end."""
    query = (
        select(DeliveryRow)
        .where(
            DeliveryRow.subject == subject,
            DeliveryRow.state == State.WAITING,
            spelled(SET_ASIDE),
        )
        .order_by(DeliveryRow.seq)
    )
    return [row for row in session.scalars(query) if link_id in row.needs.values()]


def may_have_happened(delivery: DeliveryRow) -> bool:
    """Whether it may be at the vendor although it did not end well."""
    doubtful = delivery.find_first or delivery.uncertain or delivery.error_kind == "ambiguous"
    return bool(doubtful or delivery.error_code == "kills_the_process")


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many deliveries each connection has in each state that is not over, and how many are dead.

    What is over is not counted: there are millions of them, and they are the history's business.
    """
    query = (
        select(DeliveryRow.connection, DeliveryRow.state, func.count())
        .where(spelled(NOT_OVER))
        .group_by(DeliveryRow.connection, DeliveryRow.state)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def open_count(session: Session, states: Collection[State]) -> int:
    """How many are in one of these states, which are not over."""
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(DeliveryRow.state.in_(sorted(states)), spelled(NOT_OVER))
    )
    return session.scalar(query) or 0


def _begin(session: Session, rows: Sequence[DeliveryRow], due: datetime) -> None:
    """These are in flight from now on, in one statement, and the rows say so too."""
    if rows:
        session.execute(_BEGIN, {"these": sorted(row.seq for row in rows), "at": due})
    for row in rows:
        set_committed_value(row, "state", State.IN_FLIGHT)
        set_committed_value(row, "claims", row.claims + 1)
        set_committed_value(row, "started_at", row.started_at or due)


def _held(key: OrderingKeyRow | None, claimed: Claimed) -> OrderingKeyRow | None:
    """The key, if this claim's lease still is the one that counts."""
    if key is None or key.fence != claimed.fence or key.leased_until is None:
        return None
    return key


def _said(claimed: Claimed, end: End, now: datetime) -> Said:
    """What it says of its record."""
    row, ref = claimed.delivery, (end.result or {}).get("ref") if end.called else ""
    return Said(
        delivery=row,
        key=claimed.key,
        fence=claimed.fence,
        began=now - timedelta(seconds=end.seconds),
        names=names(row.connection, ref) if ref else frozenset(),
        left=end.left,
        spared=end.state == State.UNCHANGED and not end.called,
    )


def _joined(session: Session, ends: Sequence[tuple[Claimed, End]], now: datetime) -> dict[int, int]:
    """By claim: the delivery that its end is recorded with."""
    joining.split(session, {one.delivery.seq: end.parts for one, end in ends if end.alone})
    merged = {one.delivery.seq: end.parts for one, end in ends if end.parts and not end.alone}
    spared = {one.delivery.seq for one, end in ends if not end.called}
    own = {one.delivery.seq: one.delivery.seq for one, _ in ends}
    return own | joining.join(session, merged, spared=spared, now=now)


def _fresh(session: Session, seqs: Collection[int]) -> dict[int, DeliveryRow]:
    query = select(DeliveryRow).where(DeliveryRow.seq.in_(sorted(seqs)))
    rows = session.scalars(query.execution_options(populate_existing=True)) if seqs else ()
    return {row.seq: row for row in rows}


def _record(session: Session, ends: Sequence[tuple[DeliveryRow, End]], now: datetime) -> None:
    """Write how these ended, in one statement, and let the rows say so too."""
    session.flush()
    outcomes = [(row, _outcome(row, end, now)) for row, end in ends]
    if outcomes:
        session.execute(_END, [{"this": row.seq, **values} for row, values in outcomes])
    for row, values in outcomes:
        for name, value in values.items():
            set_committed_value(row, name, value)


def _outcome(delivery: DeliveryRow, end: End, now: datetime) -> dict[str, Any]:
    """What its row says then."""
    goes_on = end.state in {State.PENDING, State.HELD}
    # Claims that nobody finished: one that ended gives itself back, and a whole try clears them.
    over = end.spends_try or end.state != State.PENDING
    code = storable(end.code)
    return {
        "state": end.state,
        "claims": 0 if over else delivery.claims - 1,
        "tries": delivery.tries + end.spends_try,
        "reason": cut(storable(end.reason), MAX_REASON),
        "error_kind": end.kind,
        "error_code": code,
        "error_group": group(delivery, end.kind, code) if end.kind else "",
        "find_first": end.find_first,
        "misses": end.misses,
        "uncertain": delivery.uncertain or end.uncertain,
        "superseded_by": end.superseded_by,
        "batch": "" if end.alone else delivery.batch,
        "alone": end.alone or delivery.alone,
        "result": delivery.result if end.result is None else storable_json(end.result),
        "hold_id": end.hold_id if end.state == State.HELD else delivery.hold_id,
        "not_before": now + end.wait if goes_on else delivery.not_before,
        "started_at": delivery.started_at if goes_on else delivery.started_at or now,
        "finished_at": delivery.finished_at if goes_on else now,
    }


def _attempt(delivery: DeliveryRow, end: End, *, now: datetime, node: str) -> dict[str, Any]:
    """Values of its row but for the number."""
    return {
        "delivery_id": delivery.id,
        "node": node,
        "batch": end.batch,
        "started_at": now - timedelta(seconds=end.seconds),
        "seconds": end.seconds,
        "outcome": end.outcome,
        "error": cut(storable(end.reason), MAX_REASON) if end.kind or end.alone else "",
        "error_code": storable(end.code),
        "exchanges": [exchange.as_json() for exchange in end.exchanges],
    }


@cache
def _numbered() -> Insert:
    """Attempts, each with the next number of its delivery."""
    table = Base.metadata.tables[AttemptRow.__tablename__]
    named: dict[str, Any] = {column.name: bindparam(column.name) for column in table.c}
    of_it = table.c.delivery_id == named["delivery_id"]
    next_one = select(func.count() + 1).select_from(table).where(of_it).scalar_subquery()
    given = {name: value for name, value in named.items() if name not in {"seq", "number"}}
    return insert(table).values({**given, "number": next_one})


def _values(row: DeliveryRow) -> dict[str, Any]:
    """Column values for an insert that may meet its like; defaults are written out."""
    given = vars(row)  # of a row that no session knows: what was never set is not there
    return {
        name: default if (value := given.get(name)) is None else value
        for name, default in _DEFAULTS.items()
    }
