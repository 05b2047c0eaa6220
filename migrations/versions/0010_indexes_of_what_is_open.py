"""Indexes of what is open instead of all that ever was; and none that nobody reads.

An index of a large table is built beside the traffic on PostgreSQL (CONCURRENTLY, so outside of a
transaction); what was left half-built by a stop is dropped and built again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

New = tuple[str, str, list[str], str | None]  # name, table, columns, which rows
NOT_OVER = "state IN ('waiting', 'pending', 'held', 'in_flight', 'dead')"
IN_TURN = "state IN ('pending', 'in_flight') OR (state = 'dead' AND dead_head = 'block')"
SET_ASIDE = "state IN ('waiting', 'held', 'dead')"
NEW: tuple[New, ...] = (
    ("ix_delivery_open", "delivery", ["state", "seq", "connection"], NOT_OVER),
    ("ix_delivery_queue", "delivery", ["ordering_key", "state", "seq"], IN_TURN),
    ("ix_delivery_hurries", "delivery", ["ordering_key"], f"urgent AND ({IN_TURN})"),
    ("ix_delivery_aside", "delivery", ["subject", "state", "seq"], SET_ASIDE),
    ("ix_delivery_aside_key", "delivery", ["ordering_key", "seq"], SET_ASIDE),
    ("ix_delivery_linked", "delivery", ["target_link"], f"target_link IS NOT NULL AND {NOT_OVER}"),
    (
        "ix_delivery_dead", "delivery",
        ["rule", "connection", "error_group", "finished_at", "seq"], "state = 'dead'",
    ),
    ("ix_delivery_expires", "delivery", ["expires_at"], "state = 'waiting'"),
    (
        "ix_delivery_lost", "delivery", ["write_key"],
        "state = 'pending' AND (find_first OR error_kind = 'ambiguous')",
    ),
    (
        "ix_delivery_stale", "delivery", ["connection", "action", "seq"],
        "stale_at IS NOT NULL AND state IN ('pending', 'in_flight')",
    ),
    ("ix_delivery_group", "delivery", ["error_group", "seq"], "error_group <> ''"),
    ("ix_delivery_held", "delivery", ["hold_id"], "hold_id IS NOT NULL"),
    ("ix_delivery_event", "delivery", ["event_id"], "event_id IS NOT NULL"),
    ("ix_delivery_no_event", "delivery", ["finished_at"], "event_id IS NULL"),
    (
        "ix_ordering_key_urgent", "ordering_key", ["connection", "due_at"],
        "urgent AND due_at IS NOT NULL",
    ),
    ("ix_ordering_key_next", "ordering_key", ["connection", "due_at"], "due_at IS NOT NULL"),
    ("ix_ordering_key_leased", "ordering_key", ["leased_until"], "leased_until IS NOT NULL"),
    ("ix_message_bad", "message", ["seq", "connection"], "state = 'bad'"),
    ("ix_change_record_seq", "change", ["record", "seq"], None),
    ("ix_link_dead", "link", ["created_at"], "state = 'dead'"),
    ("ix_decision_error", "decision", ["seq"], "answer = 'error'"),
)  # fmt: skip
OLD: tuple[New, ...] = (
    ("ix_delivery_turn", "delivery", ["ordering_key", "seq"], IN_TURN),
    ("ix_delivery_state_seq", "delivery", ["state", "seq"], None),
    ("ix_delivery_target_link", "delivery", ["target_link"], None),
    ("ix_delivery_event_id", "delivery", ["event_id"], None),
    ("ix_delivery_rule", "delivery", ["rule"], None),
    ("ix_delivery_replay_id", "delivery", ["replay_id"], None),
    ("ix_delivery_link_id", "delivery", ["link_id"], None),
    ("ix_delivery_write_key", "delivery", ["write_key"], None),
    ("ix_delivery_error_group", "delivery", ["error_group"], None),
    ("ix_delivery_hold_id", "delivery", ["hold_id"], None),
    ("ix_delivery_finished_at", "delivery", ["finished_at"], None),
    ("ix_ordering_key_due", "ordering_key", ["connection", "due_at"], None),
    ("ix_ordering_key_leased_until", "ordering_key", ["leased_until"], None),
    ("ix_message_state_seq", "message", ["state", "seq"], None),
    ("ix_message_connection_received_at", "message", ["connection", "received_at"], None),
    ("ix_event_kind_recorded_at", "event", ["kind", "recorded_at"], None),
    ("ix_event_matched_seq", "event", ["matched", "seq"], None),
    ("ix_event_department_recorded_at", "event", ["department", "recorded_at"], None),
    ("ix_event_message_id", "event", ["message_id"], None),
    ("ix_change_record_field_at", "change", ["record", "field", "at"], None),
    ("ix_change_event_id", "change", ["event_id"], None),
    ("ix_decision_rule_decided_at", "decision", ["rule", "decided_at"], None),
    ("ix_decision_answer_seq", "decision", ["answer", "seq"], None),
    ("ix_record_kind", "record", ["kind"], None),
    ("ix_record_customer", "record", ["customer"], None),
)


# Rows that change several times each are vacuumed sooner than after a fifth of a table that only
# grows, and leave room on their page for the next change.
_SOON = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05"
TUNED = {
    "delivery": _SOON,
    "message": _SOON,
    "ordering_key": f"{_SOON}, fillfactor = 70",
    "record": "fillfactor = 90",
}


def upgrade() -> None:
    _replace(new=NEW, old=OLD)
    for table, settings in TUNED.items():
        _on_postgresql(f"ALTER TABLE {table} SET ({settings})")


def downgrade() -> None:
    for table, settings in TUNED.items():
        names = ", ".join(setting.partition(" ")[0] for setting in settings.split(", "))
        _on_postgresql(f"ALTER TABLE {table} RESET ({names})")
    _replace(new=OLD, old=NEW)


def _replace(*, new: Sequence[New], old: Sequence[New]) -> None:
    """New ones first, so that no query is without."""
    if not _has_history():
        for name, table, columns, where in new:
            fits = None if where is None else sa.text(where)
            op.create_index(name, table, columns, postgresql_where=fits, sqlite_where=fits)
        for name, table, *_ in old:
            op.drop_index(name, table_name=table)
        return
    with op.get_context().autocommit_block():
        _drop_half_built([name for name, *_ in new])
        for name, table, columns, where in new:
            op.create_index(
                name, table, columns, if_not_exists=True, postgresql_concurrently=True,
                postgresql_where=None if where is None else sa.text(where),
            )  # fmt: skip
        for name, table, *_ in old:
            op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)


def _has_history() -> bool:
    """Whether it would take long, and there is a way that keeps nobody waiting."""
    bind = op.get_bind()
    there = sa.text("SELECT EXISTS (SELECT 1 FROM event)")
    return bind.dialect.name == "postgresql" and bool(bind.scalar(there))


def _drop_half_built(names: Sequence[str]) -> None:
    invalid = sa.text(
        "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid"
        " WHERE NOT indisvalid AND relname = ANY(:names)"
    )
    for name in op.get_bind().scalars(invalid, {"names": list(names)}).all():
        op.drop_index(name, postgresql_concurrently=True)


def _on_postgresql(statement: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(statement)
