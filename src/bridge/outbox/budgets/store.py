"""All SQL of budgets: one row a limit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from bridge.db import dialect, insert_into
from bridge.outbox.budgets import codec
from bridge.outbox.budgets.bucket import Bucket
from bridge.outbox.tables import BudgetRow

Key = tuple[str, str]  # part (empty: the whole connection), name of the limit


def states(session: Session, connection: str) -> dict[Key, Mapping[str, Any]]:
    """What is kept of this connection's limits."""
    query = select(BudgetRow).where(BudgetRow.connection == connection)
    return {(row.part, row.name): row.state for row in session.scalars(query)}


def by_name(session: Session) -> dict[tuple[str, str, str], BudgetRow]:
    """All of them, by connection, part and name."""
    rows = session.scalars(select(BudgetRow))
    return {(row.connection, row.part, row.name): row for row in rows}


def locked(
    session: Session, connection: str, keys: Collection[Key], *, now: datetime
) -> list[BudgetRow]:
    """The rows of these limits, made where there are none, locked in order until the end."""
    blank = [
        {"connection": connection, "part": part, "name": name, "state": {}, "updated_at": now}
        for part, name in sorted(keys)
    ]
    query = (
        select(BudgetRow)
        .where(
            BudgetRow.connection == connection,
            tuple_(BudgetRow.part, BudgetRow.name).in_(sorted(keys)),
        )
        .order_by(BudgetRow.part, BudgetRow.name)
        .with_for_update()
    )
    rows = session.scalars(query).all()
    if len(rows) < len(blank):
        session.execute(insert_into(dialect(session), BudgetRow).on_conflict_do_nothing(), blank)
        rows = session.scalars(query).all()
    return list(rows)


def keep(rows: Sequence[BudgetRow], buckets: Sequence[Bucket], *, now: datetime) -> None:
    """Write them down; the caller has locked the rows."""
    for row, bucket in zip(rows, buckets, strict=True):
        row.state, row.updated_at = codec.dump(bucket), now
