"""Pairs that are adopted.

Two new tables; nothing that is there changes.
"""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adoption",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("wish", Json(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption")),
    )
    op.create_index(op.f("ix_adoption_state"), "adoption", ["state"])
    op.create_table(
        "adoption_pair",
        sa.Column("adoption_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_said", sa.Text(), nullable=False),
        sa.Column("right_said", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("left_ref", sa.String(), nullable=True),
        sa.Column("right_ref", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("adoption_id", "number", name=op.f("pk_adoption_pair")),
    )


def downgrade() -> None:
    op.drop_table("adoption_pair")
    op.drop_index(op.f("ix_adoption_state"), "adoption")
    op.drop_table("adoption")
