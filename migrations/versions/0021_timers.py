"""What time will make events of, and what of a record that rests on: its last changes, its comments."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ADDED = ("status_at", "changed_at", "parent")


def upgrade() -> None:
    op.create_table(
        "timer",
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("record", "rule", name=op.f("pk_timer")),
    )
    op.create_index(op.f("ix_timer_look_at"), "timer", ["look_at"])
    op.create_index(op.f("ix_timer_rule"), "timer", ["rule"])
    op.create_table(
        "timed_rule",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_timed_rule")),
    )
    op.add_column("record", sa.Column("status_at", UtcDateTime(), nullable=True))
    op.add_column("record", sa.Column("changed_at", UtcDateTime(), nullable=True))
    op.add_column("record", sa.Column("parent", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("record") as batch:
        for name in ADDED:
            batch.drop_column(name)
    op.drop_table("timed_rule")
    op.drop_index(op.f("ix_timer_rule"), table_name="timer")
    op.drop_index(op.f("ix_timer_look_at"), table_name="timer")
    op.drop_table("timer")
