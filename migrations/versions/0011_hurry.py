"""An index of urgent keys that SQLite takes without having counted anything."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

URGENT = sa.text("urgent AND due_at IS NOT NULL")


def upgrade() -> None:
    _make("ix_ordering_key_hurry", ["connection", "urgent", "due_at"])
    op.drop_index("ix_ordering_key_urgent", table_name="ordering_key")


def downgrade() -> None:
    _make("ix_ordering_key_urgent", ["connection", "due_at"])
    op.drop_index("ix_ordering_key_hurry", table_name="ordering_key")


def _make(name: str, columns: list[str]) -> None:
    """Of few rows in a table of one row a record: that takes no time worth a second thought."""
    op.create_index(name, "ordering_key", columns, postgresql_where=URGENT, sqlite_where=URGENT)
