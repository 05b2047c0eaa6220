"""Alerts: groups that are told together, each alert, which events raised it, and the cards."""

import sqlalchemy as sa
from alembic import op

from bridge.db import Json, Prose, Serial, UtcDateTime, Words

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
DUE, OPEN = "look_at IS NOT NULL", "state <> 'over'"


def upgrade() -> None:
    op.create_table(
        "alert_group",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("rule", Words(), nullable=False),
        sa.Column("step", Words(), nullable=False),
        sa.Column("connection", Words(), nullable=False),
        sa.Column("action", Words(), nullable=False),
        sa.Column("receiver", Words(), nullable=False),
        sa.Column("title", Prose(), nullable=False),
        sa.Column("labels", Json(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alert_group")),
        sa.UniqueConstraint("id", name=op.f("uq_alert_group_id")),
    )
    _index("ix_alert_group_due", "alert_group", ["look_at"], where=DUE)
    op.create_index(op.f("ix_alert_group_updated_at"), "alert_group", ["updated_at"])
    op.create_table(
        "alert",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("id", Words(), nullable=False),
        sa.Column("group_id", Words(), nullable=False),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("rule", Words(), nullable=False),
        sa.Column("step", Words(), nullable=False),
        sa.Column("event_id", Words(), nullable=False),
        sa.Column("target", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("customer", Words(), nullable=True),
        sa.Column("labels", Json(), nullable=False),
        sa.Column("args", Json(), nullable=False),
        sa.Column("needs", Json(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("reason", Prose(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("told_times", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("delivery_id", Words(), nullable=True),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alert")),
        sa.UniqueConstraint("id", name=op.f("uq_alert_id")),
    )
    _index("uq_alert_open", "alert", ["group_id", "fingerprint"], where=OPEN, unique=True)
    _index("ix_alert_subject", "alert", ["subject"], where=OPEN)
    _index("ix_alert_ended", "alert", ["ended_at"], where="ended_at IS NOT NULL")
    op.create_index("ix_alert_group_id_seq", "alert", ["group_id", "seq"])
    op.create_table(
        "alert_raised",
        sa.Column("id", Words(), nullable=False),
        sa.Column("event_id", Words(), nullable=False),
        sa.Column("alert_id", Words(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_raised")),
    )
    for name in ("event_id", "alert_id"):
        op.create_index(op.f(f"ix_alert_raised_{name}"), "alert_raised", [name])
    op.create_table(
        "alert_card",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("delivery_id", Words(), nullable=False),
        sa.Column("rule", Words(), nullable=False),
        sa.Column("step", Words(), nullable=False),
        sa.Column("receiver", Words(), nullable=False),
        sa.Column("groups", Json(), nullable=False),
        sa.Column("firing", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alert_card")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_alert_card_delivery_id")),
    )
    op.create_index("ix_alert_card_route", "alert_card", ["rule", "step", "receiver", "at"])
    op.create_index(op.f("ix_alert_card_at"), "alert_card", ["at"])


def downgrade() -> None:
    for name in ("alert_card", "alert_raised", "alert", "alert_group"):
        op.drop_table(name)


def _index(name: str, table: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    fits = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=fits, sqlite_where=fits)
