"""Counterparts: whose account at one connection is whose at another, and who is unresolved."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Prose, UtcDateTime, Words

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
INDEXED = ("last_at", "due_at")


def upgrade() -> None:
    op.create_table(
        "counterpart",
        sa.Column("id", Words(), nullable=False),
        sa.Column("at", Words(), nullable=False),
        sa.Column("account", Prose(), nullable=False),
        sa.Column("to", Words(), nullable=False),
        sa.Column("found", Prose(), nullable=True),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("record", Words(), nullable=False),
        sa.Column("event_id", Words(), nullable=True),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterpart")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_counterpart_{name}"), "counterpart", [name])


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(op.f(f"ix_counterpart_{name}"), "counterpart")
    op.drop_table("counterpart")
