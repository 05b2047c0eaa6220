"""A rule that goes wild: what it asks waits under one hold until a person decides.

When that is opened, some of what the rule asked is pending already. A node that comes to one of
those holds it instead of sending it, and `gather` goes through the rest.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.outbox import ordering, store
from bridge.outbox.tables import NOT_OVER, DeliveryRow, HoldRow, State, spelled

KIND = "blast_radius"
CHUNK = 200  # deliveries that are held in one transaction
MOST_CHUNKS = 50
EXAMPLES = 3
_HELD = (State.HELD, State.WAITING)
_MAY_BE_HELD = (State.PENDING, State.WAITING)


def open_holds(session: Session) -> dict[str, str]:
    """By rule: the hold that is open."""
    query = select(HoldRow.about, HoldRow.id).where(HoldRow.kind == KIND, HoldRow.state == "open")
    return {row[0]: row[1] for row in session.execute(query)}


def open_hold(session: Session, rule: str) -> HoldRow | None:
    """The open hold of a rule, as it is now."""
    query = select(HoldRow).where(
        HoldRow.kind == KIND, HoldRow.about == rule, HoldRow.state == "open"
    )
    return session.scalars(query).first()


def counts(session: Session, hold: HoldRow) -> dict[str, int]:
    """How many are held, or will be, by connection and action."""
    query = (
        select(DeliveryRow.connection, DeliveryRow.action, func.count())
        .where(DeliveryRow.hold_id == hold.id, DeliveryRow.state.in_(_HELD))
        .group_by(DeliveryRow.connection, DeliveryRow.action)
        .order_by(DeliveryRow.connection, DeliveryRow.action)
    )
    return {f"{row[0]} {row[1]}": row[2] for row in session.execute(query)}


def examples(session: Session, hold: HoldRow) -> list[str]:
    """The first few of them; their ids."""
    query = select(DeliveryRow.id).where(
        DeliveryRow.hold_id == hold.id, DeliveryRow.state.in_(_HELD)
    )
    return list(session.scalars(query.order_by(DeliveryRow.seq).limit(EXAMPLES)))


def gather(session: Session, hold: HoldRow, *, after: int = 0) -> int | None:
    """Hold the next few of its rule that were not begun; the last one's seq. `None`: that was all.

    What waits for a link goes on waiting, and is held when that is there. What a person replays, or
    what is held for another reason, stays as it is.
    """
    found = session.scalars(
        select(DeliveryRow)
        .where(
            DeliveryRow.rule == hold.about,
            DeliveryRow.state.in_(_MAY_BE_HELD),
            spelled(NOT_OVER),
            DeliveryRow.seq > after,
        )
        .order_by(DeliveryRow.seq)
        .limit(CHUNK)
    ).all()
    few = [row for row in store.locked(session, found) if _may_be_held(row)]
    for row in few:
        row.hold_id = hold.id
        if row.state == State.PENDING:
            row.state, row.reason = State.HELD, hold.reason
    keys = {row.ordering_key for row in few}
    ordering.settle(session, keys)
    return found[-1].seq if len(found) == CHUNK else None


def gather_all(session: Session, hold: HoldRow) -> None:
    """The rest at once, for somebody who decides before all are held."""
    after: int | None = 0
    for _ in range(MOST_CHUNKS):
        if after is not None:
            after = gather(session, hold, after=after)


def _may_be_held(row: DeliveryRow) -> bool:
    begun = row.tries or row.claims or row.find_first
    free = row.hold_id is None and not row.replay_id
    return row.state in _MAY_BE_HELD and free and not begun
