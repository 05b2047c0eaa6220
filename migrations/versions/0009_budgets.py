"""What the vendors allow, as all nodes share it; when a record may be written again."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", Json(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "part", "name", name=op.f("pk_budget")),
    )
    with op.batch_alter_table("ordering_key") as batch:
        batch.add_column(sa.Column("not_before", UtcDateTime(), nullable=True))
        batch.add_column(sa.Column("writes", Json(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ordering_key") as batch:
        batch.drop_column("writes")
        batch.drop_column("not_before")
    op.drop_table("budget")
