"""Holds get a place in a list, and there is one open hold of a kind about one thing.

The table is made anew, since SQLite counts up only a primary key. Of open holds that were opened
twice one takes what the others held.
"""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
NAMES = (
    "id", "kind", "about", "connection", "rule", "reason", "owner", "may_decide", "state", "until",
    "then", "decisions", "created_at", "decided_at",
)  # fmt: skip
HOLD = sa.table("hold", *map(sa.column, NAMES))
BEFORE = sa.table("hold_before", *map(sa.column, NAMES))
DELIVERY = sa.table("delivery", sa.column("hold_id"))


def upgrade() -> None:
    _merge_open()
    _anew(sa.Column("seq", _serial(), autoincrement=True, nullable=False), key="seq")
    op.create_index(
        "uq_hold_open", "hold", ["kind", "about"], unique=True,
        postgresql_where=OPEN, sqlite_where=OPEN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("uq_hold_open", "hold")
    _anew(key="id")


def _anew(*more: sa.Column[int], key: str) -> None:
    """The table under these keys, with the rows that it had, the oldest first."""
    op.execute("CREATE TABLE hold_before AS SELECT * FROM hold")
    op.drop_index("ix_hold_about", "hold")
    op.drop_index("ix_hold_state", "hold")
    op.drop_table("hold")
    unique = [sa.UniqueConstraint("id", name=op.f("uq_hold_id"))] if key != "id" else []
    op.create_table(
        "hold",
        *more,
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("may_decide", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("then", sa.String(), nullable=False),
        sa.Column("decisions", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        *unique,
        sa.PrimaryKeyConstraint(key, name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_about", "hold", ["about"])
    op.create_index("ix_hold_state", "hold", ["state"])
    rows = sa.select(*BEFORE.c).order_by(BEFORE.c.created_at, BEFORE.c.id)
    op.execute(sa.insert(HOLD).from_select(list(NAMES), rows))
    op.drop_table("hold_before")


def _merge_open() -> None:
    first = sa.alias(HOLD)
    keeper = (
        sa.select(sa.func.min(first.c.id))
        .where(first.c.state == "open", first.c.kind == HOLD.c.kind, first.c.about == HOLD.c.about)
        .scalar_subquery()
    )
    twice = sa.and_(HOLD.c.state == "open", HOLD.c.id != keeper)
    held = sa.select(keeper).where(HOLD.c.id == DELIVERY.c.hold_id).scalar_subquery()
    op.execute(
        sa.update(DELIVERY)
        .where(DELIVERY.c.hold_id.in_(sa.select(HOLD.c.id).where(twice)))
        .values(hold_id=held)
    )
    op.execute(sa.delete(HOLD).where(twice))


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
