"""Statements over ordering keys and their queues, each put together once: that costs more than to run it.

They differ by their shape alone; times, keys and numbers of rows are parameters: `due` and `now` (the
database's time, which leases are compared in), `keys`, and `most_0`, `most_1`… rows a connection.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Executable,
    Insert,
    Select,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from bridge.db import Base, Serial, UtcDateTime, insert_into
from bridge.outbox.tables import (
    HURRIES,
    IN_TURN,
    URGENT,
    DeliveryRow,
    OrderingKeyRow,
    State,
    spelled,
)

SHAPES = 256  # kept at once; one more is put together again
DUE: BindParameter[Any] = bindparam("due", type_=UtcDateTime)
NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime)
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
FREE = or_(OrderingKeyRow.leased_until.is_(None), OrderingKeyRow.leased_until < NOW)
_TURNS = (State.IN_FLIGHT, State.PENDING, State.DEAD)
_IN_TURN = spelled(IN_TURN)

# By itself SQLite sometimes takes an index that has all of their queues in it.
_BY = {"sqlite": "INDEXED BY ix_delivery_hurries", "postgresql": ""}
_HURRIED = f"""
    SELECT 1 FROM delivery {{by}} WHERE delivery.ordering_key = k.key AND ({HURRIES})
"""  # noqa: S608  (constants of ours, here and below)
_FIRST = f"""
    SELECT seq FROM delivery WHERE ordering_key = k.key AND state = '{{state}}' AND ({IN_TURN})
    ORDER BY seq LIMIT 1
"""  # noqa: S608
_HEAD = f"""
    SELECT coalesce(({_FIRST.format(state="in_flight")}), (
        SELECT min(seq) FROM (
            SELECT seq FROM ({_FIRST.format(state="pending")}) AS one
            UNION ALL SELECT seq FROM ({_FIRST.format(state="dead")}) AS one
        ) AS oldest
    ))
"""  # noqa: S608
_FREED = ", leased_by = NULL, leased_until = NULL"
_CAST = ", shadow = coalesce(told.value, ordering_key.shadow)"
_TOLD = ", told AS MATERIALIZED (SELECT key, value FROM {each})"
_BY_KEY = "LEFT JOIN told ON told.key = first.key"
_EACH = {  # member of a JSON object
    "sqlite": "json_each(:shadows)",
    "postgresql": "json_each_text(CAST(:shadows AS json))",
}
_HEADS = f"""
    SELECT first.seq, EXISTS (
        SELECT 1 FROM delivery
        WHERE ordering_key = first.key AND state = 'pending' AND ({IN_TURN}) AND seq > first.seq
    ) AS followed
    FROM (SELECT k.key, ({_HEAD}) AS seq FROM ordering_key AS k WHERE k.key IN :keys) AS first
"""  # noqa: S608
# Its heads are found first: joined by a subquery, PostgreSQL would read all deliveries.
_SETTLE = f"""
    WITH first AS MATERIALIZED (
        SELECT k.key, ({_HEAD}) AS seq, EXISTS ({_HURRIED}) AS urgent
        FROM ordering_key AS k WHERE k.key IN :keys
    ){{told}}
    UPDATE ordering_key
    SET due_at = head.not_before,
        batch = CASE WHEN head.find_first OR head.state = 'in_flight' THEN ''
            ELSE coalesce(head.batch, '') END,
        urgent = first.urgent AND head.seq IS NOT NULL
        {{free}}{{cast}}
    FROM first LEFT JOIN delivery AS head ON head.seq = first.seq AND head.state <> 'dead'
        {{by_key}}
    WHERE ordering_key.key = first.key AND ordering_key.key IN :keys
    RETURNING ordering_key.due_at
"""  # noqa: S608


class Due(NamedTuple):
    """A key that may be leased, as it is before that."""

    key: str
    connection: str
    due_at: datetime
    urgent: bool
    batch: str
    fence: int
    shadow: str | None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Which keys are wanted: of these connections, but not what begins with one of `shut`."""

    names: tuple[str, ...]
    shut: tuple[str, ...] = ()
    urgent_only: tuple[str, ...] = ()
    within: str = ""

    def due(self) -> list[ColumnElement[bool]]:
        """Keys of one of its connections that are due and wanted, leased or not."""
        conditions = [
            OrderingKeyRow.due_at <= DUE,
            or_(OrderingKeyRow.not_before.is_(None), OrderingKeyRow.not_before <= DUE),
            *(not_(_begins(one)) for one in self.shut),
            *(or_(OrderingKeyRow.urgent, not_(_begins(one))) for one in self.urgent_only),
        ]
        return [*conditions, _begins(self.within)] if self.within else conditions


@lru_cache(SHAPES)
def first_due(shape: Shape) -> CompoundSelect[*tuple[Any, ...]]:
    """The first few of each connection, urgent and not, locked: each is read off an index's end."""
    own = OrderingKeyRow.__table__.c
    parts = [
        select(*(own[column] for column in Due._fields))
        .where(*hurry, OrderingKeyRow.connection == name, *shape.due(), FREE)
        .order_by(OrderingKeyRow.due_at)
        .limit(bindparam(f"most_{place}"))
        .with_for_update(skip_locked=True)
        .subquery()
        for place, name in enumerate(shape.names)
        for hurry in (
            # Said twice: by the words SQLite may take the index of hurry, by the column it does.
            (spelled(URGENT), OrderingKeyRow.urgent == true()),
            (OrderingKeyRow.urgent.is_(False),),
        )
    ]
    return union_all(*(select(part) for part in parts))


@cache
def swap() -> ReturningUpdate[Any]:
    """Take these keys for `node`, `until` the database's time. A compare and swap is right anywhere.

    If nobody gives them back, their heads are rescued, each by a hand of its own.
    """
    keys = Base.metadata.tables[OrderingKeyRow.__tablename__]
    taken = {
        "batch": "",
        "fence": keys.c.fence + 1,
        "leased_by": bindparam("node"),
        "leased_until": bindparam("until", type_=UtcDateTime),
    }
    return update(keys).where(keys.c.key.in_(KEYS), FREE).values(taken).returning(keys.c.key)


@lru_cache(SHAPES)
def any_due(shape: Shape) -> Select[*tuple[Any, ...]]:
    """One column a connection: whether anything of it is due."""
    first = select(OrderingKeyRow.due_at).where(*shape.due()).order_by(OrderingKeyRow.due_at)
    looks = [
        first.where(OrderingKeyRow.connection == name).limit(1).scalar_subquery()
        for name in shape.names
    ]
    return select(*looks)


@lru_cache(SHAPES)
def next_due(names: tuple[str, ...], open_ones: Shape) -> Select[*tuple[Any, ...]]:
    """A key of the open ones that is due and that nobody has in hand; when the next lease runs out;
    then for each connection when its next head is due, and its next record may be written again.

    One connection at a time: that is one entry of the index, however many wait.
    """
    due, lapse = OrderingKeyRow.due_at, select(func.min(OrderingKeyRow.leased_until))
    rested = select(func.min(OrderingKeyRow.not_before))
    of_open = OrderingKeyRow.connection.in_(open_ones.names)
    left_over = select(OrderingKeyRow.key).where(of_open, *open_ones.due(), FREE).limit(1)
    times = [
        left_over.scalar_subquery(),
        lapse.where(OrderingKeyRow.leased_until > NOW).scalar_subquery(),
    ]
    for name in names:
        mine = OrderingKeyRow.connection == name
        times += [
            select(func.min(due)).where(mine, due > DUE).scalar_subquery(),
            rested.where(mine, due <= DUE, OrderingKeyRow.not_before > DUE).scalar_subquery(),
        ]
    return select(*times)


@cache
def heads() -> Select[DeliveryRow, bool]:
    """What the queues of these keys begin with, and whether more of each waits behind it."""
    seqs = text(_HEADS).bindparams(KEYS).columns(seq=Serial, followed=Boolean())
    first = seqs.cte("first").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(DeliveryRow, first.c.followed).join(first, first.c.seq == DeliveryRow.seq)


def in_turn(dialect: str, depth: int) -> ColumnElement[bool]:
    """That a delivery is among the first few of its key and state: no long queue is read."""
    return DeliveryRow.seq.in_(union_all(*(_first_of(dialect, state, depth) for state in _TURNS)))


@cache
def locked() -> Select[OrderingKeyRow]:
    """These keys, locked in their order."""
    query = select(OrderingKeyRow).where(OrderingKeyRow.key.in_(KEYS)).order_by(OrderingKeyRow.key)
    return query.with_for_update().execution_options(populate_existing=True)


@cache
def settled(dialect: str, *, free: bool, cast: bool) -> Executable:
    """Set when these keys are due by what their queues begin with; `free` ends their leases as well.

    A dead head is in the way: its key is not due. `cast`: some get the new shadow that `shadows`, a
    JSON object, has for them.
    """
    words = _SETTLE.format(
        by=_BY[dialect],
        free=_FREED if free else "",
        told=_TOLD.format(each=_EACH[dialect]) if cast else "",
        cast=_CAST if cast else "",
        by_key=_BY_KEY if cast else "",
    )
    return text(words).bindparams(KEYS)


@cache
def hurried(dialect: str) -> Executable:
    """Those of these keys with an urgent delivery in turn."""
    words = f"SELECT key FROM ordering_key AS k WHERE key IN :keys AND EXISTS ({_HURRIED})"  # noqa: S608
    return text(words.format(by=_BY[dialect])).bindparams(KEYS).columns(OrderingKeyRow.key)


@cache
def call_up(dialect: str) -> Insert:
    """One row a key. A key that is there is due at the earlier of both times."""
    new = insert_into(dialect, OrderingKeyRow)
    least = func.least if dialect == "postgresql" else func.min
    due = func.coalesce(least(OrderingKeyRow.due_at, new.excluded.due_at), new.excluded.due_at)
    urgent = or_(OrderingKeyRow.urgent, new.excluded.urgent)
    # Its head stays what it was, if it has one.
    batch = case((OrderingKeyRow.due_at.is_(None), new.excluded.batch), else_=OrderingKeyRow.batch)
    changed = {"due_at": due, "urgent": urgent, "batch": batch}
    return new.on_conflict_do_update(index_elements=["key"], set_=changed)


def _first_of(dialect: str, state: State, depth: int) -> Select[int]:
    """Each database has one way to say "the first few of each"."""
    first = (
        select(DeliveryRow.seq)
        .where(DeliveryRow.ordering_key == OrderingKeyRow.key, DeliveryRow.state == state, _IN_TURN)
        .order_by(DeliveryRow.seq)
        .limit(depth)
        .correlate(OrderingKeyRow)
    )
    if dialect == "postgresql":
        rows = first.lateral()
        query = select(rows.c.seq).select_from(OrderingKeyRow).join(rows, true())
    else:
        row = aliased(DeliveryRow)
        query = select(row.seq).select_from(OrderingKeyRow).join(row, row.seq.in_(first))
    return query.where(OrderingKeyRow.key.in_(KEYS))


def _begins(start: str) -> ColumnElement[bool]:
    """Keys that are `start`, or go on behind it."""
    return or_(
        OrderingKeyRow.key == start, OrderingKeyRow.key.startswith(f"{start}|", autoescape=True)
    )
