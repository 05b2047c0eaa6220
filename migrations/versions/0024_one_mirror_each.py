"""Each end of a `mirrors` link has this one alone; on PostgreSQL built beside the traffic.

Until now nothing kept a record from having several. Its oldest stays one; the others become
`originates`, which is what they have been, and say so in their note.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FITS = sa.text("relation = 'mirrors' AND state <> 'dead'")
INDEXES = (("ix_link_mirrored_left", "left_ref"), ("ix_link_mirrored_right", "right_ref"))
MIRRORED = sa.text(
    "SELECT id, left_ref, right_ref FROM link WHERE relation = 'mirrors' AND state <> 'dead'"
    " ORDER BY created_at, id"
)
LIKE_IT = sa.text(
    "SELECT id FROM link WHERE left_ref = :left AND right_ref = :right AND relation = 'originates'"
)
NO_MIRROR = sa.text(
    "UPDATE link SET relation = 'originates', note = trim(note || ' (mirrors until 0024)')"
    " WHERE id = :id"
)
DOUBLE = sa.text("UPDATE link SET state = 'dead', note = trim(note || ' (double)') WHERE id = :id")


def upgrade() -> None:
    _one_each()
    if op.get_bind().dialect.name != "postgresql":
        for name, column in INDEXES:
            op.create_index(name, "link", [column], unique=True, sqlite_where=FITS)
        return
    with op.get_context().autocommit_block():
        for name, column in INDEXES:
            op.drop_index(name, table_name="link", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, "link", [column],
                unique=True, postgresql_concurrently=True, postgresql_where=FITS,
            )  # fmt: skip


def downgrade() -> None:
    for name, _ in INDEXES:
        op.drop_index(name, table_name="link")


def _one_each() -> None:
    bind = op.get_bind()
    lefts: set[str] = set()
    rights: set[str] = set()
    for link, left, right in bind.execute(MIRRORED).fetchall():
        if left in lefts or (right and right in rights):
            twin = bind.execute(LIKE_IT, {"left": left, "right": right}).first()
            bind.execute(DOUBLE if twin else NO_MIRROR, {"id": link})
        else:
            lefts.add(left)
            rights |= {right} if right else set()
