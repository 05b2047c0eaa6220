"""The department of who acted, on each event.

It stays empty for events that were recorded before: who was where on that day is not guessed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = "ix_event_department_recorded_at"


def upgrade() -> None:
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("department", sa.String(), nullable=True))
        batch_op.create_index(INDEX, ["department", "recorded_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(INDEX)
        batch_op.drop_column("department")
