"""Which records wait for a counterpart: all of them are judged again once somebody is found."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime, Words

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
DUE = "due_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "counterpart_wait",
        sa.Column("counterpart_id", Words(), nullable=False),
        sa.Column("record", Words(), nullable=False),
        sa.Column("event_id", Words(), nullable=True),
        sa.Column("met_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("counterpart_id", "record", name=op.f("pk_counterpart_wait")),
    )
    op.create_index(op.f("ix_counterpart_wait_met_at"), "counterpart_wait", ["met_at"])
    op.create_index(
        "ix_counterpart_wait_due",
        "counterpart_wait",
        ["due_at"],
        postgresql_where=sa.text(DUE),
        sqlite_where=sa.text(DUE),
    )


def downgrade() -> None:
    op.drop_index("ix_counterpart_wait_due", "counterpart_wait")
    op.drop_index(op.f("ix_counterpart_wait_met_at"), "counterpart_wait")
    op.drop_table("counterpart_wait")
