"""All SQL of adoptions: plans, their pairs, and the lease of who works on one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from bridge.bell import CHORES
from bridge.canonical.ids import random_id
from bridge.canonical.text import cut, storable
from bridge.db import ring
from bridge.ledger.tables import AdoptionPairRow, AdoptionRow
from bridge.pipeline.adoption.ends import Ends
from bridge.pipeline.adoption.wish import Outcome, Wish

PLAN_LIVES = timedelta(hours=24)
WORKING = ("querying", "reading", "running")
MAX_SAID = 1_000

Said = tuple[str, str, Ends]  # left, right, and what they are to each other


def add(session: Session, wish: Wish, *, principal: str, now: datetime) -> AdoptionRow:
    """A new adoption, to be looked into by whoever works next. Plans too old to be run go away."""
    _forget(session, now)
    row = AdoptionRow(
        id=random_id("adp"),
        principal=principal,
        why=wish.why,
        wish=wish.model_dump(mode="json", exclude={"pairs"}),
        state="querying" if wish.query is not None else "reading",
        problem="",
        done=0,
        total=0,
        not_before=now,
        created_at=now,
        expires_at=now + PLAN_LIVES,
    )
    session.add(row)
    session.flush()
    ring(session, CHORES)
    return row


def add_pairs(session: Session, adoption: AdoptionRow, pairs: Sequence[Said]) -> None:
    """Number the pairs as they were said."""
    rows = [
        {
            "adoption_id": adoption.id,
            "number": number,
            "left_said": cut(storable(left), MAX_SAID),
            "right_said": cut(storable(right), MAX_SAID),
            "role": ends.role,
            "relation": ends.relation,
            "outcome": "",
            "reason": "",
        }
        for number, (left, right, ends) in enumerate(pairs, start=1)
    ]
    if rows:
        session.execute(insert(AdoptionPairRow), rows)
    adoption.total = len(rows)


def waiting(session: Session, *, now: datetime) -> bool:
    """Whether some adoption has work left that may be done now."""
    query = select(AdoptionRow.id).where(
        AdoptionRow.state.in_(WORKING), AdoptionRow.not_before <= now
    )
    return session.scalar(query.limit(1)) is not None


def lease(session: Session, *, now: datetime, until: datetime) -> AdoptionRow | None:
    """An adoption that has work left, for this node alone until then."""
    query = (
        select(AdoptionRow)
        .where(AdoptionRow.state.in_(WORKING), AdoptionRow.not_before <= now)
        .order_by(AdoptionRow.created_at, AdoptionRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).first()
    if found is not None:
        found.not_before = until
    return found


def still(session: Session, leased: AdoptionRow) -> AdoptionRow | None:
    """The row, locked, if it stands where it stood; `None` when somebody else went on with it."""
    row = session.get(AdoptionRow, leased.id, with_for_update=True, populate_existing=True)
    same = row is not None and (row.state, row.done) == (leased.state, leased.done)
    return row if same else None


def select_pairs(adoption_id: str, outcome: str | None = None) -> Select[AdoptionPairRow]:
    """The pairs of an adoption: all, or those of one outcome."""
    query = select(AdoptionPairRow).where(AdoptionPairRow.adoption_id == adoption_id)
    return query if outcome is None else query.where(AdoptionPairRow.outcome == outcome)


def pairs(
    session: Session,
    adoption_id: str,
    *,
    after: int = 0,
    limit: int | None = None,
    outcome: str | None = None,
) -> list[AdoptionPairRow]:
    """Pairs behind this number, in order."""
    query = select_pairs(adoption_id, outcome).where(AdoptionPairRow.number > after)
    return list(session.scalars(query.order_by(AdoptionPairRow.number).limit(limit)))


def counts(session: Session, adoption_id: str) -> dict[str, int]:
    """How many pairs of each outcome there are; those not looked into yet are left out."""
    query = (
        select(AdoptionPairRow.outcome, func.count())
        .where(AdoptionPairRow.adoption_id == adoption_id, AdoptionPairRow.outcome != "")
        .group_by(AdoptionPairRow.outcome)
    )
    found = {row[0]: row[1] for row in session.execute(query)}
    return {one.value: found[one.value] for one in Outcome if one.value in found}


def _forget(session: Session, now: datetime) -> None:
    """Plans that can no longer be run, and what was done a month of plans ago."""
    old = select(AdoptionRow.id).where(
        AdoptionRow.state.not_in(WORKING), AdoptionRow.expires_at < now - 30 * PLAN_LIVES
    )
    session.execute(delete(AdoptionPairRow).where(AdoptionPairRow.adoption_id.in_(old)))
    session.execute(delete(AdoptionRow).where(AdoptionRow.id.in_(old)))
