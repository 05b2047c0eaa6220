"""What goes out in another's call: found at its claim, recorded with its end, many in few statements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from bridge.db import Base
from bridge.outbox import ordering
from bridge.outbox.coalescing import MOST, Fate, Member, Part, Written, along, fates
from bridge.outbox.ordering import Head
from bridge.outbox.tables import DeliveryRow, State

Calls = Mapping[int, Sequence[Part]]  # by the seq of its head: whose fields were in it
LOOK_BACK = 100_000  # deliveries: how far behind its call the first may have been owed
_ENDS = (
    update(Base.metadata.tables[DeliveryRow.__tablename__])
    .where(DeliveryRow.seq == bindparam("this"))
    .values(
        state=bindparam("how"),
        superseded_by=bindparam("by"),
        reason=bindparam("why"),
        finished_at=bindparam("at"),
        started_at=func.coalesce(DeliveryRow.started_at, bindparam("at")),
        claims=0,
        error_kind="",
        error_code="",
        error_group="",
    )
)


def company(
    session: Session,
    heads: Mapping[str, Head],
    written: Mapping[int, Written],
    *,
    kinds: Collection[str],
    due: datetime,
) -> dict[str, tuple[Member, ...]]:
    """By key, those behind its head that may go out with it. `kinds`: actions that merge."""
    merging = {
        key: head.delivery
        for key, head in heads.items()
        if head.followed and head.delivery.action in kinds
    }
    queues = ordering.members(session, list(merging), depth=MOST)
    return {
        key: along(queue, written.get(merging[key].seq, Written()), due=due)
        for key, queue in queues.items()
    }


def join(
    session: Session, calls: Calls, *, spared: Collection[int] = (), now: datetime
) -> dict[int, int]:
    """End what went out in these calls; by head, the delivery that stands for the call, not ended yet.

    The keys are locked. Whom a person has cancelled or held meanwhile keeps that state, and is told.
    `spared`: heads whose call would have changed nothing, and was not made.
    """
    if not calls:
        return {}
    session.flush()
    still = _pending(session, [part.seq for parts in calls.values() for part in parts[1:]])
    there = {
        head: [part for part in parts if part.seq == head or part.seq in still]
        for head, parts in calls.items()
    }
    ended = [fate for head, parts in there.items() for fate in fates(parts, spared=head in spared)]
    if ended:
        session.execute(_ENDS, [_values(fate, now) for fate in ended])
    for head, parts in calls.items():
        if head in spared:
            continue
        _tell(session, [part.seq for part in parts[1:] if part.seq not in still], there[head][-1])
    return {head: parts[-1].seq for head, parts in there.items()}


def split(session: Session, calls: Calls) -> None:
    """What went along in calls that were refused is tried alone from now on."""
    others = [part.seq for parts in calls.values() for part in parts[1:]]
    if others:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.seq.in_(others), DeliveryRow.state == State.PENDING)
            .values(alone=True)
            .execution_options(synchronize_session=False)
        )


def carried(session: Session, row: DeliveryRow) -> list[str]:
    """Deliveries that went out in this one's call, or gave way to it there; their ids, in order."""
    query = select(DeliveryRow.id).where(
        DeliveryRow.ordering_key == row.ordering_key,
        DeliveryRow.seq.between(row.seq - LOOK_BACK, row.seq - 1),
        DeliveryRow.superseded_by == row.id,
        DeliveryRow.state.in_([State.MERGED, State.SUPERSEDED]),
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq).limit(MOST)))


def _pending(session: Session, seqs: Collection[int]) -> set[int]:
    query = select(DeliveryRow.seq).where(
        DeliveryRow.seq.in_(seqs), DeliveryRow.state == State.PENDING
    )
    return set(session.scalars(query))


def _tell(session: Session, seqs: Collection[int], by: Part) -> None:
    if seqs:
        note = f"; but it had gone out in the call of {by.id}"
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.seq.in_(seqs))
            .values(reason=DeliveryRow.reason + note)
            .execution_options(synchronize_session=False)
        )


def _values(fate: Fate, now: datetime) -> dict[str, Any]:
    return {
        "this": fate.seq,
        "how": fate.state,
        "by": fate.by,
        "why": fate.reason,
        "at": now,
    }
