"""What a decided hold still has to do; and no index of stale deliveries, which nobody reads."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STALE = sa.text("stale_at IS NOT NULL AND state IN ('pending', 'in_flight')")
UNDER_WAY = sa.text("doing <> ''")


def upgrade() -> None:
    with op.batch_alter_table("hold") as batch:
        batch.add_column(
            sa.Column("doing", sa.String(), nullable=False, server_default=sa.text("''"))
        )
    op.create_index(
        "ix_hold_under_way", "hold", ["seq"], postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY
    )
    op.drop_index("ix_delivery_stale", table_name="delivery")


def downgrade() -> None:
    op.create_index(
        "ix_delivery_stale",
        "delivery",
        ["connection", "action", "seq"],
        postgresql_where=STALE,
        sqlite_where=STALE,
    )
    op.drop_index("ix_hold_under_way", table_name="hold")
    with op.batch_alter_table("hold") as batch:
        batch.drop_column("doing")
