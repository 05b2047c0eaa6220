"""All SQL of deliveries: owe, claim, finish, wake what waited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from bridge.canonical.text import cut, storable, storable_json
from bridge.connectors.limits import Window
from bridge.db import insert_in_order
from bridge.http import Exchange
from bridge.outbox import casting, joining, ordering, overtaken
from bridge.outbox.budgets import pacing
from bridge.outbox.casting import Said
from bridge.outbox.cause import MAX_REASON, group
from bridge.outbox.coalescing import Member, Part
from bridge.outbox.ordering import Wanted
from bridge.outbox.search import attempt_counts
from bridge.outbox.shadow import Shadow, names
from bridge.outbox.statements import Due, any_due
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
    past = overtaken.past(session, list(heads.values()))
    company = joining.company(session, heads, past.written, kinds=wanted.merging, due=due)
    until = monotonic + term.total_seconds()
    claimed = []
    for key in keys:
        if key.key in heads:
            head = heads[key.key]
            one = _take(head, key, due=due, until=until, behind=head.seq in past.suspects)
            claimed.append(replace(one, along=company.get(key.key, ())))
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
    counts = attempt_counts(session, [row.id for row in rows.values()])
    done: list[DeliveryRow | None] = []
    tries = []
    for (claimed, end), key in zip(ends, held, strict=True):
        # Retention may have been here.
        row = rows.get(stands[claimed.delivery.seq]) if key else None
        if row is not None:
            _apply(row, end, now)
            if end.called and end.paces and key:
                pacing.count(key, end.paces, now=now)
            if end.called:
                tries.append(_attempt(row, end, counts[row.id] + 1, now=now, node=node))
        done.append(row)
    if tries:
        session.execute(insert(AttemptRow), tries)
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
    for row in still:
        _apply(row, end, now)
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


def _take(row: DeliveryRow, key: Due, *, due: datetime, until: float, behind: bool) -> Claimed:
    rescued = row.state == State.IN_FLIGHT
    row.state = State.IN_FLIGHT
    row.claims += 1
    row.started_at = row.started_at or due
    return Claimed(
        delivery=row,
        key=key.key,
        fence=key.fence,
        until=until,
        rescued=rescued,
        behind=behind,
        urgent=key.urgent,
        shadow=key.shadow,
    )


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


def _apply(delivery: DeliveryRow, end: End, now: datetime) -> None:
    delivery.state = end.state
    # Claims that nobody finished: one that ended gives itself back, and a whole try clears them.
    over = end.spends_try or end.state != State.PENDING
    delivery.claims = 0 if over else delivery.claims - 1
    delivery.reason = cut(storable(end.reason), MAX_REASON)
    delivery.error_kind, delivery.error_code = end.kind, storable(end.code)
    delivery.error_group = group(delivery, end.kind, delivery.error_code) if end.kind else ""
    delivery.find_first, delivery.misses = end.find_first, end.misses
    delivery.uncertain = delivery.uncertain or end.uncertain
    delivery.superseded_by = end.superseded_by
    delivery.tries += end.spends_try
    if end.alone:
        delivery.batch, delivery.alone = "", True
    if end.result is not None:
        delivery.result = storable_json(end.result)
    if end.state in {State.PENDING, State.HELD}:
        delivery.not_before = now + end.wait
        delivery.hold_id = end.hold_id if end.state == State.HELD else delivery.hold_id
        return
    delivery.started_at = delivery.started_at or now
    delivery.finished_at = now


def _attempt(
    delivery: DeliveryRow, end: End, number: int, *, now: datetime, node: str
) -> dict[str, Any]:
    """Values of its row: attempts are written together, and nobody needs their numbers."""
    return {
        "delivery_id": delivery.id,
        "number": number,
        "node": node,
        "batch": end.batch,
        "started_at": now - timedelta(seconds=end.seconds),
        "seconds": end.seconds,
        "outcome": end.outcome,
        "error": cut(storable(end.reason), MAX_REASON) if end.kind or end.alone else "",
        "error_code": storable(end.code),
        "exchanges": [exchange.as_json() for exchange in end.exchanges],
    }


def _values(row: DeliveryRow) -> dict[str, Any]:
    """Column values for an insert that may meet its like; defaults are written out."""
    given = vars(row)  # of a row that no session knows: what was never set is not there
    return {
        name: default if (value := given.get(name)) is None else value
        for name, default in _DEFAULTS.items()
    }
