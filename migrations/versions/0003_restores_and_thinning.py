"""Restores, and indexes that find what has not been thinned yet."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Serial, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restore",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("watched_until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_restore")),
    )
    for name, table, column, there in (
        ("ix_message_body", "message", "received_at", "body IS NOT NULL"),
        ("ix_attempt_exchanges", "attempt", "started_at", "exchanges IS NOT NULL"),
    ):
        op.create_index(
            name, table, [column], postgresql_where=sa.text(there), sqlite_where=sa.text(there)
        )


def downgrade() -> None:
    op.drop_index("ix_attempt_exchanges", "attempt")
    op.drop_index("ix_message_body", "message")
    op.drop_table("restore")
