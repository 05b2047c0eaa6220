"""What must be known beside some deliveries to tell what became of them: read for all at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.ledger import links
from bridge.ledger.tables import LinkRow
from bridge.outbox import connection as connections
from bridge.outbox import joining, store
from bridge.outbox.tables import (
    IN_TURN,
    AttemptRow,
    ConnectionRow,
    DeliveryRow,
    HoldRow,
    State,
    spelled,
)

_CARRYING = frozenset({State.SUCCEEDED, State.UNCHANGED})
CHAIN = 5  # deliveries that stand for one another, one after the other


@dataclass(frozen=True, kw_only=True)
class Around:
    """By id where nothing else is said.

    `others` stand for one of these, or make the record that one waits for. `ahead`, by seq, is the
    oldest of its key that goes before it. `carried` went out in its call, or gave way to it there.
    """

    tries: Mapping[str, int]
    others: Mapping[str, DeliveryRow]
    holds: Mapping[str, HoldRow]
    links: Mapping[str, LinkRow]
    connections: Mapping[str, ConnectionRow]
    ahead: Mapping[int, DeliveryRow]
    carried: Mapping[str, Sequence[str]]
    now: datetime


def look_around(session: Session, rows: Sequence[DeliveryRow], *, now: datetime) -> Around:
    wanted = {link for row in rows for link in row.needs.values()}
    known = links.by_id(session, sorted(wanted))
    others = _others(session, rows, known.values())
    ids = [row.hold_id for row in (*rows, *others.values()) if row.hold_id]
    holds = select(HoldRow).where(HoldRow.id.in_(sorted(set(ids))))
    tried = [*(row.id for row in rows), *others]
    return Around(
        tries=_tries(session, tried),
        others=others,
        holds={one.id: one for one in session.scalars(holds)} if ids else {},
        links=known,
        connections=connections.rows(session),
        ahead=_ahead(session, rows),
        carried={row.id: joining.carried(session, row) for row in rows if row.state in _CARRYING},
        now=now,
    )


def _others(
    session: Session, rows: Sequence[DeliveryRow], known: Iterable[LinkRow]
) -> dict[str, DeliveryRow]:
    found: dict[str, DeliveryRow] = {}
    wanted = {one.delivery_id for one in known} | {row.superseded_by for row in rows}
    for _ in range(CHAIN):
        new = store.by_id(session, [one for one in wanted if one and one not in found])
        found |= {row.id: row for row in new}
        wanted = {row.superseded_by for row in new}
    return found


def _tries(session: Session, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    query = select(AttemptRow.delivery_id, func.count()).where(AttemptRow.delivery_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(AttemptRow.delivery_id))}


def _ahead(session: Session, rows: Sequence[DeliveryRow]) -> dict[int, DeliveryRow]:
    """What stands in the way of those that wait for their turn."""
    found: dict[int, DeliveryRow] = {}
    for row in rows:
        if row.state == State.PENDING:
            query = select(DeliveryRow).where(
                DeliveryRow.ordering_key == row.ordering_key,
                DeliveryRow.seq < row.seq,
                spelled(IN_TURN),
            )
            first = session.scalars(query.order_by(DeliveryRow.seq).limit(1)).first()
            found |= {row.seq: first} if first is not None else {}
    return found
