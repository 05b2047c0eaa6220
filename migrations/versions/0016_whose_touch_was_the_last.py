"""Whether our own account was the last who touched a record, so that our echo is no news of it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ours = sa.Column("ours", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("record", ours)


def downgrade() -> None:
    with op.batch_alter_table("record") as batch:
        batch.drop_column("ours")
