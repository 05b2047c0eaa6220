"""How much each rule writes, and until when one that was let go is not held anew."""

import sqlalchemy as sa
from alembic import op

from bridge.db import UtcDateTime, Words

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_use",
        sa.Column("rule", Words(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("overwritten", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "minutes", "since", name=op.f("pk_rule_use")),
    )
    op.create_index(op.f("ix_rule_use_since"), "rule_use", ["since"])
    op.add_column("hold", sa.Column("spared_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("hold") as batch:
        batch.drop_column("spared_until")
    op.drop_table("rule_use")
