"""Audits of linked records, and the differences they find. Two new tables; nothing else changes."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Prose, Serial, UtcDateTime, Words

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drift",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("principal", Words(), nullable=False),
        sa.Column("why", Prose(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("problem", Prose(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=True),
        sa.Column("begins", Words(), nullable=False),
        sa.Column("cursor", Words(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("repaired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_drift")),
        sa.UniqueConstraint("id", name=op.f("uq_drift_id")),
    )
    op.create_index(op.f("ix_drift_state"), "drift", ["state"])
    op.create_table(
        "difference",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("drift_id", Words(), nullable=False),
        sa.Column("link_id", Words(), nullable=False),
        sa.Column("sync", Words(), nullable=False),
        sa.Column("field", Words(), nullable=False),
        sa.Column("left_ref", Words(), nullable=False),
        sa.Column("right_ref", Words(), nullable=False),
        sa.Column("left_value", Json(), nullable=True),
        sa.Column("right_value", Json(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("cause", Words(), nullable=False),
        sa.Column("reason", Prose(), nullable=False),
        sa.Column("writes", Words(), nullable=False),
        sa.Column("outcome", Words(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_difference")),
    )
    op.create_index("ix_difference_drift_seq", "difference", ["drift_id", "seq"])
    op.create_index(op.f("ix_difference_found_at"), "difference", ["found_at"])


def downgrade() -> None:
    op.drop_table("difference")
    op.drop_table("drift")
