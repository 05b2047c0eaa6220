"""Which bulk call a delivery may share, and what a key's head may."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("delivery", "ordering_key"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("batch", sa.String(), nullable=False, server_default=sa.text("''"))
            )


def downgrade() -> None:
    for table in ("delivery", "ordering_key"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("batch")
