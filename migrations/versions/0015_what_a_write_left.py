"""What our last write left at a record, so that the same once more need not be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ordering_key", sa.Column("shadow", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ordering_key") as batch:
        batch.drop_column("shadow")
