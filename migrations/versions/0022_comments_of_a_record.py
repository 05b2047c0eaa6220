"""The comments on a record are found by an index; on PostgreSQL it is built beside the traffic."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "ix_record_parent"
FITS = sa.text("parent IS NOT NULL")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(NAME, "record", ["parent"], sqlite_where=FITS)
        return
    with op.get_context().autocommit_block():
        op.drop_index(NAME, table_name="record", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            NAME, "record", ["parent"], postgresql_concurrently=True, postgresql_where=FITS
        )


def downgrade() -> None:
    op.drop_index(NAME, table_name="record")
