"""One index of the deliveries whose turn may come, with the dead ones that block theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('pending', 'in_flight')")
IN_TURN = sa.text("state IN ('pending', 'in_flight') OR (state = 'dead' AND dead_head = 'block')")
COLUMNS = ["ordering_key", "seq"]


def upgrade() -> None:
    op.create_index(
        "ix_delivery_turn", "delivery", COLUMNS, postgresql_where=IN_TURN, sqlite_where=IN_TURN
    )
    op.drop_index("ix_delivery_open_key", table_name="delivery")


def downgrade() -> None:
    op.create_index(
        "ix_delivery_open_key", "delivery", COLUMNS, postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.drop_index("ix_delivery_turn", table_name="delivery")
