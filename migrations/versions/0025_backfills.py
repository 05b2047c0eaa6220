"""Backfills: the past that was asked for, and the records of it that are still to be read."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Prose, UtcDateTime, Words

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
COUNTED = ("found", "known", "total", "done", "brought", "calls")


def upgrade() -> None:
    op.create_table(
        "backfill",
        sa.Column("id", Words(), nullable=False),
        sa.Column("principal", Words(), nullable=False),
        sa.Column("why", Prose(), nullable=False),
        sa.Column("wish", Json(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("problem", Prose(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTED),
        sa.Column("resumed_at", UtcDateTime(), nullable=True),
        sa.Column("resumed_from", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfill")),
    )
    op.create_index(op.f("ix_backfill_state"), "backfill", ["state"])
    op.create_table(
        "backfill_record",
        sa.Column("backfill_id", Words(), nullable=False),
        sa.Column("record_id", Words(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("backfill_id", "record_id", name=op.f("pk_backfill_record")),
    )


def downgrade() -> None:
    op.drop_table("backfill_record")
    op.drop_index(op.f("ix_backfill_state"), "backfill")
    op.drop_table("backfill")
