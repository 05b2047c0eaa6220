"""Claim what is due, and give back what was not begun."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bridge.db import Base, UtcDateTime
from bridge.outbox import joining, ordering, overtaken, store
from bridge.outbox.claims import Claimed, still_held
from bridge.outbox.ordering import Wanted
from bridge.outbox.statements import any_due
from bridge.outbox.tables import DeliveryRow, State

DEATHS = 2  # of processes that had it in hand: then it may be what kills them

_DELIVERIES = Base.metadata.tables[DeliveryRow.__tablename__]
_BEGIN = (
    update(_DELIVERIES)
    .where(_DELIVERIES.c.seq.in_(bindparam("these", expanding=True)))
    .values(
        state=State.IN_FLIGHT,
        claims=_DELIVERIES.c.claims + 1,
        started_at=func.coalesce(_DELIVERIES.c.started_at, bindparam("at", type_=UtcDateTime)),
    )
)
_COUNT = (
    update(_DELIVERIES)
    .where(_DELIVERIES.c.seq == bindparam("this"))
    .values(claims=_DELIVERIES.c.claims + 1)
)


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
    """Take the heads of keys that are due. Counts the claim, so that a killer payload is noticed.

    What may kill is counted by `count`, when it is begun: of many in hand, one kills.
    """
    keys = ordering.lease(session, wanted, node=node, limit=limit, due=due, now=now, term=term)
    heads = ordering.heads(session, [key.key for key in keys], due=due)
    past = overtaken.past(session, [head.delivery for head in heads.values()])
    company = joining.company(session, heads, past.written, kinds=wanted.merging, due=due)
    until = monotonic + term.total_seconds()
    began = [head.delivery for head in heads.values() if head.delivery.state == State.IN_FLIGHT]
    rescued = {row.seq for row in began}
    deadly = {row.seq for row in began if row.claims >= DEATHS}
    found = [head.delivery for head in heads.values()]
    _begin(session, [row for row in found if row.seq not in deadly], due)
    claimed = [
        Claimed(
            delivery=head.delivery,
            key=key.key,
            fence=key.fence,
            until=until,
            rescued=head.delivery.seq in rescued,
            may_kill=head.delivery.seq in deadly,
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


def count(session: Session, claimed: Claimed) -> None:
    """What may kill is begun now. If its lease is lost it has another's count, and no end of ours."""
    key = ordering.lock(session, [claimed.key]).get(claimed.key)
    if still_held(key, claimed) is not None:
        session.execute(_COUNT, {"this": claimed.delivery.seq})
        set_committed_value(claimed.delivery, "claims", claimed.delivery.claims + 1)


def anything_due(session: Session, wanted: Wanted, *, due: datetime) -> bool:
    """A cheap look before a write transaction is opened."""
    if not wanted.rooms:
        return False
    return any(session.execute(any_due(wanted.shape), {"due": due}).one())


def give_back(session: Session, claims: Sequence[Claimed]) -> None:
    """Undo claims of which nothing was begun. What another worker had begun stays so, to be rescued."""
    keys = ordering.lock(session, [claimed.key for claimed in claims])
    held = [
        (claimed, key) for claimed in claims if (key := still_held(keys.get(claimed.key), claimed))
    ]
    rows = store.fresh(session, [claimed.delivery.seq for claimed, _ in held])
    for claimed, _ in held:
        row = rows[claimed.delivery.seq]
        row.claims -= not claimed.may_kill
        if not claimed.rescued:
            row.state = State.PENDING
    ordering.settle(session, [key.key for _, key in held], free=True)


def _begin(session: Session, rows: Sequence[DeliveryRow], due: datetime) -> None:
    """These are in flight from now on, in one statement, and the rows say so too."""
    if rows:
        session.execute(_BEGIN, {"these": sorted(row.seq for row in rows), "at": due})
    for row in rows:
        set_committed_value(row, "state", State.IN_FLIGHT)
        set_committed_value(row, "claims", row.claims + 1)
        set_committed_value(row, "started_at", row.started_at or due)
