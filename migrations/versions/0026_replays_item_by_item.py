"""Replays, with a row for each item; plans that are there are taken over.

A plan that waits or runs goes on here, from where it was, and is cancelled where it was: a node of
the version before, which may run beside ours, must not do the same again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Prose, Serial, UtcDateTime, Words

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
WORKING = "state IN ('planning', 'running')"
SENDS = "sends IS NOT NULL"
REPLAYED = "replay_id <> ''"
CHUNK = 400
PLAN = sa.table(
    "plan",
    *(sa.column(name, Words()) for name in ("id", "principal", "mode", "why", "state")),
    *(sa.column(name, Json()) for name in ("filter", "options", "counts", "deliveries")),
    *(sa.column(name, UtcDateTime()) for name in ("created_at", "expires_at", "finished_at")),
    sa.column("done", sa.Integer()),
)
KEPT = ("id", "principal", "mode", "why", "state", "filter", "options", "counts", "done")
TIMES = ("created_at", "expires_at", "finished_at")


def upgrade() -> None:
    replay, item = _replay(), _item()
    _partial("ix_delivery_replay", "delivery", ["replay_id", "state"], REPLAYED)
    _take_over(replay, item)


def downgrade() -> None:
    op.drop_index("ix_delivery_replay", "delivery")
    op.drop_table("replay_item")
    op.drop_table("replay")


def _replay() -> sa.Table:
    made = op.create_table(
        "replay",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("principal", Words(), nullable=False),
        sa.Column("run_by", Words(), nullable=False),
        sa.Column("mode", Words(), nullable=False),
        sa.Column("filter", Json(), nullable=False),
        sa.Column("why", Prose(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("looked", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("moved", Json(), nullable=False),
        sa.Column("waits", Prose(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("going_since", UtcDateTime(), nullable=True),
        sa.Column("done_then", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_replay")),
        sa.UniqueConstraint("id", name=op.f("uq_replay_id")),
    )
    _partial("ix_replay_working", "replay", ["not_before", "seq"], WORKING)
    return made


def _item() -> sa.Table:
    made = op.create_table(
        "replay_item",
        sa.Column("replay_id", Words(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", Words(), nullable=False),
        sa.Column("will", Words(), nullable=False),
        sa.Column("did", Words(), nullable=False),
        sa.Column("sends", sa.BigInteger(), nullable=True),
        sa.Column("owed", Json(), nullable=True),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("note", Prose(), nullable=False),
        sa.PrimaryKeyConstraint("replay_id", "number", name=op.f("pk_replay_item")),
    )
    _partial("ix_replay_item_sends", "replay_item", ["replay_id", "sends"], SENDS)
    return made


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    fits = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=fits, sqlite_where=fits)


def _take_over(replay: sa.Table, item: sa.Table) -> None:
    connection = op.get_bind()
    query = sa.select(PLAN).order_by(PLAN.c.created_at, PLAN.c.id).with_for_update()
    for old in connection.execute(query).mappings().all():
        values = {name: old[name] for name in (*KEPT, *TIMES)}
        more = {"run_by": "", "looked": 0, "newest": 0, "cursor": 0, "moved": {}, "waits": ""}
        more |= {"total": len(old["deliveries"]), "done_then": 0, "not_before": old["created_at"]}
        connection.execute(replay.insert().values(**values, **more))
        left = list(_left(connection, old))
        for start in range(0, len(left), CHUNK):
            connection.execute(item.insert(), left[start : start + CHUNK])
    going = sa.update(PLAN).where(PLAN.c.state.in_(("planned", "running")))
    connection.execute(going.values(state="cancelled"))


def _left(connection: sa.Connection, old: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is still to be done of it, by the numbers of the deliveries or events."""
    if old["state"] not in {"planned", "running"}:
        return
    table = sa.table(
        "delivery" if old["mode"] == "again" else "event", sa.column("id"), sa.column("seq")
    )
    ids = list(dict.fromkeys(old["deliveries"][old["done"] :]))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        for row in connection.execute(sa.select(table).where(table.c.id.in_(chunk))):
            yield {
                "replay_id": old["id"],
                "number": row.seq,
                "what": row.id,
                "will": "",  # it was not planned item by item
                "did": "",
                "moved": False,
                "note": "",
            }
