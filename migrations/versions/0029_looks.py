"""How far the look at known records has come, by source. Two new columns; nothing else changes."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime, Words

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll", sa.Column("looked_ref", Words(), nullable=True))
    op.add_column("poll", sa.Column("look_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("poll", "look_at")
    op.drop_column("poll", "looked_ref")
