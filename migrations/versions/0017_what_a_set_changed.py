"""What an activated set of mappings does differently from the one before, in a line for its history."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "activation",
        sa.Column("changed", sa.Text(), server_default=sa.text("''"), nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("activation") as batch:
        batch.drop_column("changed")
