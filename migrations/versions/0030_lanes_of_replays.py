"""To where each item of a replay goes, so that one connection that stands still holds no others."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Words

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replay_item", sa.Column("lane", Words(), nullable=False, server_default=""))
    op.create_index(
        "ix_replay_item_left",
        "replay_item",
        ["replay_id", "lane", "number"],
        sqlite_where=sa.text("did = ''"),
        postgresql_where=sa.text("did = ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_replay_item_left", "replay_item")
    op.drop_column("replay_item", "lane")
