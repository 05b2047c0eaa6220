"""Silences: what is not told, until when, by whom."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Prose, Serial, UtcDateTime, Words

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
SILENCED = "silence_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "silence",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("matchers", Json(), nullable=False),
        sa.Column("author", Words(), nullable=False),
        sa.Column("comment", Prose(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expired_by", Words(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_silence")),
        sa.UniqueConstraint("id", name=op.f("uq_silence_id")),
    )
    op.create_index(op.f("ix_silence_ends_at"), "silence", ["ends_at"])
    op.add_column("alert", sa.Column("silence_id", Words(), nullable=True))
    fits = sa.text(SILENCED)
    op.create_index(
        "ix_alert_silence", "alert", ["silence_id"], postgresql_where=fits, sqlite_where=fits
    )


def downgrade() -> None:
    op.drop_index("ix_alert_silence", "alert")
    with op.batch_alter_table("alert") as batch:
        batch.drop_column("silence_id")
    op.drop_table("silence")
