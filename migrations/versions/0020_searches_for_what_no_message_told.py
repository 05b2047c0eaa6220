"""Searches for what no message told: how far each has come, and what it has brought."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    origin = sa.Column("origin", sa.String(), server_default="webhook", nullable=False)
    op.add_column("message", origin)
    op.create_table(
        "poll",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime()),
        sa.Column("leased_until", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_poll")),
    )
    op.create_table(
        "polled",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("stamp", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "record_id", name=op.f("pk_polled")),
    )


def downgrade() -> None:
    op.drop_table("polled")
    op.drop_table("poll")
    with op.batch_alter_table("message") as batch:
        batch.drop_column("origin")
