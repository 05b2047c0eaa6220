"""The first tables.

A column that must not be null comes in three steps: nullable, filled, then tightened.
"""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Serial, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activation",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_activation")),
    )
    op.create_table(
        "alarm",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("over", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alarm")),
        sa.UniqueConstraint("key", name=op.f("uq_alarm_key")),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index("ix_alarm_state_seq", ["state", "seq"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
    )
    op.create_table(
        "attempt",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("exchanges", Json(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempt_delivery_id_number", ["delivery_id", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_attempt_started_at"), ["started_at"], unique=False)

    op.create_table(
        "audit",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("difference", Json(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_target"), ["target"], unique=False)

    op.create_table(
        "change",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before", Json(), nullable=True),
        sa.Column("after", Json(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_event_id"), ["event_id"], unique=False)
        batch_op.create_index("ix_change_field_at", ["field", "at"], unique=False)
        batch_op.create_index("ix_change_record_field_at", ["record", "field", "at"], unique=False)

    op.create_table(
        "connection",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("probe_at", UtcDateTime(), nullable=True),
        sa.Column("live_since", UtcDateTime(), nullable=False),
        sa.Column("last_message_at", UtcDateTime(), nullable=True),
        sa.Column("gap_seconds", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_connection")),
    )
    op.create_table(
        "decision",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("mended", sa.Boolean(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_decision")),
        sa.UniqueConstraint("id", name=op.f("uq_decision_id")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_answer_seq", ["answer", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_event_id"), ["event_id"], unique=False)
        batch_op.create_index("ix_decision_rule_decided_at", ["rule", "decided_at"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("replay_id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("args", Json(), nullable=False),
        sa.Column("needs", Json(), nullable=False),
        sa.Column("target_link", sa.String(), nullable=True),
        sa.Column("target_ref", sa.String(), nullable=True),
        sa.Column("link_id", sa.String(), nullable=True),
        sa.Column("write_key", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("dead_head", sa.String(), nullable=False),
        sa.Column("ambiguous", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error_kind", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("error_group", sa.String(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("find_first", sa.Boolean(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("stale_at", UtcDateTime(), nullable=True),
        sa.Column("hold_id", sa.String(), nullable=True),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_delivery_id")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_error_group"), ["error_group"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_finished_at"), ["finished_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_hold_id"), ["hold_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_link_id"), ["link_id"], unique=False)
        batch_op.create_index(
            "ix_delivery_open_key",
            ["ordering_key", "seq"],
            unique=False,
            postgresql_where=sa.text("state IN ('pending', 'in_flight')"),
            sqlite_where=sa.text("state IN ('pending', 'in_flight')"),
        )
        batch_op.create_index("ix_delivery_ordering_key_seq", ["ordering_key", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_replay_id"), ["replay_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_rule"), ["rule"], unique=False)
        batch_op.create_index("ix_delivery_state_seq", ["state", "seq"], unique=False)
        batch_op.create_index("ix_delivery_subject_seq", ["subject", "seq"], unique=False)
        batch_op.create_index("ix_delivery_target_link", ["target_link"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_write_key"), ["write_key"], unique=False)

    op.create_table(
        "event",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("actor", Json(), nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=True),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("project", sa.String(), nullable=True),
        sa.Column("record", Json(), nullable=False),
        sa.Column("changes", Json(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("rule_version", sa.String(), nullable=True),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("considered", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_kind_recorded_at", ["kind", "recorded_at"], unique=False)
        batch_op.create_index("ix_event_matched_seq", ["matched", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_recorded_at"), ["recorded_at"], unique=False)
        batch_op.create_index("ix_event_subject_seq", ["subject", "seq"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("may_decide", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("then", sa.String(), nullable=False),
        sa.Column("decisions", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_state"), ["state"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_scheduled_at", UtcDateTime(), nullable=False),
        sa.Column("last_run_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "leader",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leader")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("left_ref", sa.String(), nullable=False),
        sa.Column("left_kind", sa.String(), nullable=False),
        sa.Column("right_ref", sa.String(), nullable=True),
        sa.Column("right_kind", sa.String(), nullable=False),
        sa.Column("right_connection", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("delivery_id", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint(
            "left_ref", "right_ref", "relation", name=op.f("uq_link_left_ref_right_ref_relation")
        ),
        sa.UniqueConstraint("left_ref", "role", "slot", name=op.f("uq_link_left_ref_role_slot")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_right_ref"), ["right_ref"], unique=False)

    op.create_table(
        "message",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("translated_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_message")),
        sa.UniqueConstraint("id", name=op.f("uq_message_id")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_connection_received_at", ["connection", "received_at"], unique=False
        )
        batch_op.create_index(
            "ix_message_pending",
            ["seq"],
            unique=False,
            postgresql_where=sa.text("state = 'pending'"),
            sqlite_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index("ix_message_state_seq", ["state", "seq"], unique=False)

    op.create_table(
        "message_seen",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_message_seen")),
    )
    with op.batch_alter_table("message_seen", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_message_seen_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "ordering_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ordering_key")),
    )
    with op.batch_alter_table("ordering_key", schema=None) as batch_op:
        batch_op.create_index("ix_ordering_key_due", ["connection", "due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_ordering_key_leased_until"), ["leased_until"], unique=False
        )

    op.create_table(
        "plan",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("filter", Json(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("counts", Json(), nullable=False),
        sa.Column("deliveries", Json(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "record",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("stamp", UtcDateTime(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("customer", sa.String(), nullable=True),
        sa.Column("project", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_record")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_customer"), ["customer"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_key"), ["key"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_kind"), ["kind"], unique=False)

    op.create_table(
        "rule_set",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("files", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_rule_set")),
    )
    op.create_table(
        "seen",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_seen")),
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "shadow",
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", Json(), nullable=True),
        sa.Column("stamp", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("link_id", "ref", "field", name=op.f("pk_shadow")),
    )


def downgrade() -> None:
    op.drop_table("shadow")
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_seen_at"))

    op.drop_table("seen")
    op.drop_table("rule_set")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_record_kind"))
        batch_op.drop_index(batch_op.f("ix_record_key"))
        batch_op.drop_index(batch_op.f("ix_record_customer"))

    op.drop_table("record")
    op.drop_table("plan")
    with op.batch_alter_table("ordering_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ordering_key_leased_until"))
        batch_op.drop_index("ix_ordering_key_due")

    op.drop_table("ordering_key")
    with op.batch_alter_table("message_seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_seen_expires_at"))

    op.drop_table("message_seen")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_state_seq")
        batch_op.drop_index(
            "ix_message_pending",
            postgresql_where=sa.text("state = 'pending'"),
            sqlite_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index("ix_message_connection_received_at")

    op.drop_table("message")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_right_ref"))

    op.drop_table("link")
    op.drop_table("leader")
    op.drop_table("job")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_expires_at"))

    op.drop_table("idempotency")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hold_state"))
        batch_op.drop_index(batch_op.f("ix_hold_about"))

    op.drop_table("hold")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_subject_seq")
        batch_op.drop_index(batch_op.f("ix_event_recorded_at"))
        batch_op.drop_index(batch_op.f("ix_event_message_id"))
        batch_op.drop_index("ix_event_matched_seq")
        batch_op.drop_index("ix_event_kind_recorded_at")

    op.drop_table("event")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_write_key"))
        batch_op.drop_index("ix_delivery_target_link")
        batch_op.drop_index("ix_delivery_subject_seq")
        batch_op.drop_index("ix_delivery_state_seq")
        batch_op.drop_index(batch_op.f("ix_delivery_rule"))
        batch_op.drop_index(batch_op.f("ix_delivery_replay_id"))
        batch_op.drop_index("ix_delivery_ordering_key_seq")
        batch_op.drop_index(
            "ix_delivery_open_key",
            postgresql_where=sa.text("state IN ('pending', 'in_flight')"),
            sqlite_where=sa.text("state IN ('pending', 'in_flight')"),
        )
        batch_op.drop_index(batch_op.f("ix_delivery_link_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_hold_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_finished_at"))
        batch_op.drop_index(batch_op.f("ix_delivery_event_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_error_group"))
        batch_op.drop_index(batch_op.f("ix_delivery_created_at"))

    op.drop_table("delivery")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_rule_decided_at")
        batch_op.drop_index(batch_op.f("ix_decision_event_id"))
        batch_op.drop_index("ix_decision_answer_seq")

    op.drop_table("decision")
    op.drop_table("connection")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index("ix_change_record_field_at")
        batch_op.drop_index("ix_change_field_at")
        batch_op.drop_index(batch_op.f("ix_change_event_id"))

    op.drop_table("change")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_target"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))

    op.drop_table("audit")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_started_at"))
        batch_op.drop_index("ix_attempt_delivery_id_number")

    op.drop_table("attempt")
    op.drop_table("api_key")
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.drop_index("ix_alarm_state_seq")

    op.drop_table("alarm")
    op.drop_table("activation")
