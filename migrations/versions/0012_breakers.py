"""Whose calls failed in a row at a connection, for its breaker."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connection") as batch:
        batch.add_column(sa.Column("streak", Json(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("connection") as batch:
        batch.drop_column("streak")
