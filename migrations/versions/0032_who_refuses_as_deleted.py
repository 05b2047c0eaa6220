"""When a vendor last said that a record is deleted, which nobody has told us."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("record", sa.Column("refused_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("record", "refused_at")
