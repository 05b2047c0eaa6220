"""Record how claims ended: deliveries, attempts and keys, in few statements however many they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bridge.canonical.text import cut, storable, storable_json
from bridge.db import table_of
from bridge.outbox import casting, joining, ordering, store
from bridge.outbox.budgets import pacing
from bridge.outbox.casting import Said
from bridge.outbox.cause import MAX_REASON, group
from bridge.outbox.claims import Claimed, End, still_held
from bridge.outbox.shadow import names
from bridge.outbox.tables import AttemptRow, DeliveryRow, State
from bridge.rows import change, put

_DELIVERIES, _ATTEMPTS = table_of(DeliveryRow), table_of(AttemptRow)
_ATTEMPT = insert(_ATTEMPTS)


def finish(
    session: Session, ends: Sequence[tuple[Claimed, End]], *, now: datetime, node: str
) -> list[DeliveryRow | None]:
    """Record how claims ended: each delivery as it is then, in the order given.

    `None`: its lease was lost meanwhile, or its end is recorded already. A call that was merged is
    recorded with the last delivery whose fields were in it.
    """
    said = [_said(claimed, end, now) for claimed, end in ends]
    keys = ordering.lock(session, casting.concerned(said))
    held = [still_held(keys.get(claimed.key), claimed) for claimed, _ in ends]
    mine = {key.key for key in held if key}
    shadows = casting.cast(keys, said, mine, now=now)
    stands = _joined(session, [one for one, key in zip(ends, held, strict=True) if key], now)
    rows = store.fresh(session, stands.values())
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
        put(session, _ATTEMPT, tries, _numbered)
    ordering.settle(session, mine, free=True, shadows=shadows)
    return done


def conclude(session: Session, delivery: DeliveryRow, end: End, *, now: datetime) -> bool:
    """End a lost delivery by what the vendor has shown of itself. False if a worker has it now."""
    still = [
        row
        for row in store.locked(session, [delivery])
        if row in store.lost(session, [row.write_key])
    ]
    _record(session, [(row, end) for row in still], now)
    for row in still:
        ordering.resettle(session, [row.ordering_key])
    return bool(still)


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


def _record(session: Session, ends: Sequence[tuple[DeliveryRow, End]], now: datetime) -> None:
    """Write how these ended, in one statement, and let the rows say so too."""
    session.flush()
    outcomes = [(row, _outcome(row, end, now)) for row, end in ends]
    if outcomes:
        said = [{"seq": row.seq, **values} for row, values in outcomes]
        change(session, _DELIVERIES, said, key="seq")
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


def _numbered(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """It gets the next number of its delivery."""
    of_it = _ATTEMPTS.c.delivery_id == attempt["delivery_id"]
    return {
        "number": select(func.count() + 1).select_from(_ATTEMPTS).where(of_it).scalar_subquery()
    }
