"""What follows from a delivery's end, when it could not be done with it."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_due_at"), "follow_up", ["due_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_follow_up_due_at"), table_name="follow_up")
    op.drop_table("follow_up")
