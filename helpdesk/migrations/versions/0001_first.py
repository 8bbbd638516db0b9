"""The first schema: every table, the guards of the audit, and the search.

Written by scripts/first_migration.py from the models.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from helpdesk.core import db, migrating

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_connection",
        sa.Column("sid", sa.String(length=60), nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_agent_connection")),
    )
    op.create_index(
        op.f("ix_agent_connection_process_id"), "agent_connection", ["process_id"], unique=False
    )
    op.create_index(
        op.f("ix_agent_connection_user_id"), "agent_connection", ["user_id"], unique=False
    )
    op.create_table(
        "agent_state",
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("presence", sa.String(length=30), nullable=False),
        sa.Column("presence_since", db.UtcDateTime(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("connected_since", db.UtcDateTime(), nullable=True),
        sa.Column("lost_at", db.UtcDateTime(), nullable=True),
        sa.Column("not_responding_at", db.UtcDateTime(), nullable=True),
        sa.Column("expired_in_row", sa.Integer(), nullable=False),
        sa.Column("expiry_counted_at", db.UtcDateTime(), nullable=True),
        sa.Column("idle_since", db.UtcDateTime(), nullable=False),
        sa.Column("today", sa.String(length=10), nullable=False),
        sa.Column("taken_today", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("capacity", db.Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agent_state")),
    )
    op.create_index(
        "ix_agent_state_ready",
        "agent_state",
        ["idle_since"],
        unique=False,
        postgresql_where=sa.text("presence = 'available' AND connected AND is_active"),
        sqlite_where=sa.text("presence = 'available' AND connected AND is_active"),
    )
    op.create_table(
        "app_user",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("public_name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_changed_at", db.UtcDateTime(), nullable=True),
        sa.Column("totp_sealed", sa.String(length=300), nullable=True),
        sa.Column("totp_confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("recovery_hashes", db.Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sees_own_teams", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("theme", sa.String(length=10), nullable=False),
        sa.Column("undo_s", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_sign_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
    )
    op.create_index(op.f("ix_app_user_customer_id"), "app_user", ["customer_id"], unique=False)
    op.create_index(op.f("ix_app_user_role"), "app_user", ["role"], unique=False)
    op.create_table(
        "asset_change",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("asset_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("changes", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_asset_change")),
    )
    op.create_index("ix_asset_change_list", "asset_change", ["asset_id", "seq"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("message_id", db.Id, nullable=True),
        sa.Column("uploaded_by", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("erased_at", db.UtcDateTime(), nullable=True),
        sa.Column("kept_until", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(
        op.f("ix_attachment_conversation_id"), "attachment", ["conversation_id"], unique=False
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", db.Id, nullable=True),
        sa.Column("details", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_entry_id")),
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(
        "ix_audit_entry_subject", "audit_entry", ["subject_kind", "subject_id", "seq"], unique=False
    )
    op.create_table(
        "audit_seal",
        sa.Column("position", db.Sequence64, autoincrement=False, nullable=False),
        sa.Column("entry_id", db.Id, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seal_entry_id")),
    )
    op.create_table(
        "bulletin",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("texts", db.Json, nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", db.Id, nullable=True),
        sa.Column("from_at", db.UtcDateTime(), nullable=False),
        sa.Column("to_at", db.UtcDateTime(), nullable=True),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
    )
    op.create_index("ix_bulletin_list", "bulletin", ["from_at", "id"], unique=False)
    op.create_table(
        "calendar",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("plan", db.Json, nullable=False),
        sa.Column("holiday_names", db.Json, nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("name", name=op.f("uq_calendar_name")),
    )
    op.create_table(
        "call",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("carrier", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("doing", sa.String(length=10), nullable=False),
        sa.Column("doing_since", db.UtcDateTime(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("in_line_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.Column("talk_s", sa.Integer(), nullable=False),
        sa.Column("hold_s", sa.Integer(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_began", "call", ["began_at", "conversation_id"], unique=False)
    op.create_table(
        "call_leg",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("party", sa.String(length=10), nullable=False),
        sa.Column("who", sa.String(length=48), nullable=False),
        sa.Column("user_id", db.Id, nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=60), nullable=True),
        sa.Column("process_id", sa.String(length=80), nullable=True),
        sa.Column("asked_by", db.Id, nullable=True),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("invited_at", db.UtcDateTime(), nullable=False),
        sa.Column("joined_at", db.UtcDateTime(), nullable=True),
        sa.Column("lost_at", db.UtcDateTime(), nullable=True),
        sa.Column("left_at", db.UtcDateTime(), nullable=True),
        sa.Column("left_why", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
    )
    op.create_index("ix_call_leg_conversation", "call_leg", ["conversation_id", "id"], unique=False)
    op.create_index(
        "ix_call_leg_live",
        "call_leg",
        ["state", "invited_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'left'"),
        sqlite_where=sa.text("state <> 'left'"),
    )
    op.create_index(
        "ix_call_leg_person",
        "call_leg",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'left'"),
        sqlite_where=sa.text("state <> 'left'"),
    )
    op.create_index(
        "ix_call_leg_sid",
        "call_leg",
        ["sid"],
        unique=False,
        postgresql_where=sa.text("state = 'joined'"),
        sqlite_where=sa.text("state = 'joined'"),
    )
    op.create_index(
        "uq_call_leg_live",
        "call_leg",
        ["conversation_id", "who"],
        unique=True,
        postgresql_where=sa.text("state <> 'left'"),
        sqlite_where=sa.text("state <> 'left'"),
    )
    op.create_table(
        "call_recording",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("line_sid", sa.String(length=40), nullable=False),
        sa.Column("carrier_sid", sa.String(length=40), nullable=False),
        sa.Column("tape", sa.String(length=8), nullable=False),
        sa.Column("wanted", sa.String(length=8), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("ordered_at", db.UtcDateTime(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("file", sa.String(length=8), nullable=False),
        sa.Column("file_id", db.Id, nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=True),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("gone_at_carrier", db.UtcDateTime(), nullable=True),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", db.UtcDateTime(), nullable=True),
        sa.Column("deleted_why", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_recording")),
    )
    op.create_index(
        "ix_call_recording_conversation", "call_recording", ["conversation_id"], unique=False
    )
    op.create_index(
        "ix_call_recording_due",
        "call_recording",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        "ix_call_recording_kept", "call_recording", ["queue_id", "file", "ended_at"], unique=False
    )
    op.create_index("ix_call_recording_line", "call_recording", ["line_sid"], unique=False)
    op.create_index("ix_call_recording_old", "call_recording", ["file", "ended_at"], unique=False)
    op.create_table(
        "call_sound",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("file_id", db.Id, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("added_at", db.UtcDateTime(), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sound")),
    )
    op.create_index(
        "uq_call_sound_name",
        "call_sound",
        ["name"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
        sqlite_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "call_span",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("agent_id", db.Id, nullable=True),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_span")),
    )
    op.create_index("ix_call_span_call", "call_span", ["conversation_id", "began_at"], unique=False)
    op.create_table(
        "callback",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("open_number", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("keeps_since", db.UtcDateTime(), nullable=False),
        sa.Column("from_conversation_id", db.Id, nullable=True),
        sa.Column("window", db.Json, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_callback")),
        sa.UniqueConstraint("open_number", name=op.f("uq_callback_open_number")),
    )
    op.create_index("ix_callback_from", "callback", ["from_conversation_id"], unique=False)
    op.create_index(
        "ix_callback_planned",
        "callback",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
        sqlite_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_callback_state", "callback", ["state", "conversation_id"], unique=False)
    op.create_table(
        "calling_hours",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("from_time", sa.String(length=5), nullable=False),
        sa.Column("until_time", sa.String(length=5), nullable=False),
        sa.Column("days", db.Json, nullable=False),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calling_hours")),
    )
    op.create_table(
        "canned_reply",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("team_id", db.Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    op.create_index(
        "uq_canned_reply_shortcut", "canned_reply", ["shortcut", "team_id"], unique=True
    )
    op.create_table(
        "carrier_call",
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("leg_id", db.Id, nullable=True),
        sa.Column("party", sa.String(length=8), nullable=False),
        sa.Column("number_id", db.Id, nullable=True),
        sa.Column("dialled_id", db.Id, nullable=True),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("conference_sid", sa.String(length=40), nullable=False),
        sa.Column("seat", db.Json, nullable=False),
        sa.Column("voicemail_queue_id", db.Id, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_carrier_call")),
    )
    op.create_index(
        "ix_carrier_call_began",
        "carrier_call",
        ["began_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_carrier_call_live",
        "carrier_call",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "carrier_event",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("once_key", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("facts", db.Json, nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_event")),
        sa.UniqueConstraint("once_key", name=op.f("uq_carrier_event_once_key")),
    )
    op.create_index("ix_carrier_event_sid", "carrier_event", ["sid", "received_at"], unique=False)
    op.create_index(
        "ix_carrier_event_waiting",
        "carrier_event",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "carrier_order",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("wanted", db.Json, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("claimed_until", db.UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_order")),
    )
    op.create_index(
        "ix_carrier_order_due",
        "carrier_order",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_carrier_order_open",
        "carrier_order",
        ["conversation_id", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_carrier_order_target",
        "carrier_order",
        ["target"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "carrier_repair",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("told", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_repair")),
    )
    op.create_index("ix_carrier_repair_at", "carrier_repair", ["at", "id"], unique=False)
    op.create_table(
        "clock_ledger",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("resolved_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("facts", db.Json, nullable=False),
        sa.Column("policy_id", db.Id, nullable=True),
        sa.Column("reason", db.Json, nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_clock_ledger")),
    )
    op.create_index(
        "ix_clock_ledger_customer",
        "clock_ledger",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_clock_ledger_due",
        "clock_ledger",
        ["due_at", "ticket_id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_clock_ledger_open",
        "clock_ledger",
        ["ticket_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "clock_recompute",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("after_id", db.Id, nullable=True),
        sa.Column("touched_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_recompute")),
    )
    op.create_index(
        "uq_clock_recompute_live",
        "clock_recompute",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "clock_terms",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_clock_terms")),
    )
    op.create_table(
        "complaint",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("about_ticket_id", db.Id, nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("acknowledge_by", db.UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", db.UtcDateTime(), nullable=True),
        sa.Column("answer_by", db.UtcDateTime(), nullable=False),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("next_due_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("remedy", sa.String(length=500), nullable=False),
        sa.Column("escalated_at", db.UtcDateTime(), nullable=True),
        sa.Column("escalated_to", sa.String(length=80), nullable=False),
        sa.Column("escalated_why", sa.String(length=300), nullable=False),
        sa.Column("late_told_at", db.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_complaint_ticket_id")),
    )
    op.create_index(
        "ix_complaint_customer", "complaint", ["customer_id", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_complaint_due",
        "complaint",
        ["next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL AND withdrawn_at IS NULL"),
        sqlite_where=sa.text("answered_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_index("ix_complaint_list", "complaint", ["opened_at", "id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("text_number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("superseded_by", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(
        "ix_consent_address", "consent", ["address", "purpose", "channel"], unique=False
    )
    op.create_index(
        "ix_consent_customer", "consent", ["customer_id", "purpose", "channel", "id"], unique=False
    )
    op.create_table(
        "consent_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_consent_link")),
    )
    op.create_index(
        op.f("ix_consent_link_customer_id"), "consent_link", ["customer_id"], unique=False
    )
    op.create_table(
        "consent_purpose",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("channels", db.Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text_number", sa.Integer(), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consent_purpose")),
    )
    op.create_table(
        "consent_text",
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("texts", db.Json, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "number", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "conversation",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("site_id", db.Id, nullable=True),
        sa.Column("visitor_id", db.Id, nullable=True),
        sa.Column("queue_id", db.Id, nullable=True),
        sa.Column("agent_id", db.Id, nullable=True),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("reason", sa.String(length=160), nullable=False),
        sa.Column("answers", db.Json, nullable=False),
        sa.Column("page_url", sa.String(length=500), nullable=True),
        sa.Column("start_key", sa.String(length=64), nullable=True),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("in_line_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=12), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("public_seq", sa.Integer(), nullable=False),
        sa.Column("last_message_at", db.UtcDateTime(), nullable=True),
        sa.Column("visitor_read_seq", sa.Integer(), nullable=False),
        sa.Column("agent_read_seq", sa.Integer(), nullable=False),
        sa.Column("agent_read_public", sa.Integer(), nullable=False),
        sa.Column("transcript_to", sa.String(length=254), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("start_key", name=op.f("uq_conversation_start_key")),
    )
    op.create_index(
        "ix_conversation_agent_open",
        "conversation",
        ["agent_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'ended'"),
        sqlite_where=sa.text("state <> 'ended'"),
    )
    op.create_index(
        "ix_conversation_customer", "conversation", ["customer_id", "opened_at"], unique=False
    )
    op.create_index("ix_conversation_list", "conversation", ["opened_at", "id"], unique=False)
    op.create_index(op.f("ix_conversation_queue_id"), "conversation", ["queue_id"], unique=False)
    op.create_index(op.f("ix_conversation_ticket_id"), "conversation", ["ticket_id"], unique=False)
    op.create_index(
        "uq_conversation_open_visitor",
        "conversation",
        ["visitor_id", "channel"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended' AND visitor_id IS NOT NULL"),
        sqlite_where=sa.text("state <> 'ended' AND visitor_id IS NOT NULL"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", db.Sequence64, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "custom_field",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("choices", db.Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
    )
    op.create_index("uq_custom_field_key", "custom_field", ["subject", "key"], unique=True)
    op.create_table(
        "customer_merge",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("kept_id", db.Id, nullable=False),
        sa.Column("merged_id", db.Id, nullable=False),
        sa.Column("choices", db.Json, nullable=False),
        sa.Column("undo", db.Json, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("undone_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
    )
    op.create_index(op.f("ix_customer_merge_kept_id"), "customer_merge", ["kept_id"], unique=False)
    op.create_index(
        op.f("ix_customer_merge_merged_id"), "customer_merge", ["merged_id"], unique=False
    )
    op.create_table(
        "data_copy",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("ready_at", db.UtcDateTime(), nullable=True),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_copy")),
    )
    op.create_index(
        "ix_data_copy_customer", "data_copy", ["customer_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_data_copy_waiting",
        "data_copy",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'ready')"),
        sqlite_where=sa.text("state IN ('waiting', 'ready')"),
    )
    op.create_table(
        "delivery",
        sa.Column("event_id", db.Id, nullable=False),
        sa.Column("consumer", sa.String(length=60), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "consumer", name=op.f("pk_delivery")),
    )
    op.create_table(
        "delivery_failure",
        sa.Column("event_id", db.Id, nullable=False),
        sa.Column("consumer", sa.String(length=60), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("first_at", db.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=False),
        sa.Column("running_until", db.UtcDateTime(), nullable=True),
        sa.Column("parked_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "consumer", name=op.f("pk_delivery_failure")),
    )
    op.create_index(
        "ix_delivery_failure_due",
        "delivery_failure",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("parked_at IS NULL"),
        sqlite_where=sa.text("parked_at IS NULL"),
    )
    op.create_table(
        "dialled",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("number_id", db.Id, nullable=False),
        sa.Column("room", sa.String(length=64), nullable=False),
        sa.Column("detects", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_by", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialled")),
    )
    op.create_index("ix_dialled_conversation", "dialled", ["conversation_id", "id"], unique=False)
    op.create_index(
        "ix_dialled_number",
        "dialled",
        ["number"],
        unique=True,
        postgresql_where=sa.text("state <> 'over'"),
        sqlite_where=sa.text("state <> 'over'"),
    )
    op.create_table(
        "duplicate_suggestion",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("first_id", db.Id, nullable=False),
        sa.Column("second_id", db.Id, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", db.Json, nullable=False),
        sa.Column("found_at", db.UtcDateTime(), nullable=False),
        sa.Column("dismissed_at", db.UtcDateTime(), nullable=True),
        sa.Column("dismissed_by", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_suggestion")),
    )
    op.create_index(
        op.f("ix_duplicate_suggestion_score"), "duplicate_suggestion", ["score"], unique=False
    )
    op.create_index(
        op.f("ix_duplicate_suggestion_second_id"),
        "duplicate_suggestion",
        ["second_id"],
        unique=False,
    )
    op.create_index(
        "uq_duplicate_suggestion_pair",
        "duplicate_suggestion",
        ["first_id", "second_id"],
        unique=True,
    )
    op.create_table(
        "erasure",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("token_until", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=True),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("erased", db.Json, nullable=False),
        sa.Column("kept", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_erasure_token_hash")),
    )
    op.create_index(op.f("ix_erasure_customer_id"), "erasure", ["customer_id"], unique=False)
    op.create_index(
        "ix_erasure_due",
        "erasure",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_erasure_open",
        "erasure",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('done', 'stopped')"),
        sqlite_where=sa.text("state NOT IN ('done', 'stopped')"),
    )
    op.create_table(
        "event",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("subject_id", db.Id, nullable=True),
        sa.Column("facts", db.Json, nullable=False),
        sa.Column("relayed_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    op.create_index("ix_event_subject", "event", ["subject_id", "seq"], unique=False)
    op.create_index(
        "ix_event_waiting",
        "event",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("relayed_at IS NULL"),
        sqlite_where=sa.text("relayed_at IS NULL"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("process_id", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_heartbeat")),
    )
    op.create_index(op.f("ix_heartbeat_at"), "heartbeat", ["at"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    op.create_table(
        "idempotent_answer",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotent_answer")),
    )
    op.create_index(op.f("ix_idempotent_answer_at"), "idempotent_answer", ["at"], unique=False)
    op.create_table(
        "import_link",
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("own_id", db.Id, nullable=True),
        sa.Column("import_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("origin", "kind", "external_id", name=op.f("pk_import_link")),
    )
    op.create_index(op.f("ix_import_link_import_id"), "import_link", ["import_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", db.Sequence64, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("mapping", db.Json, nullable=False),
        sa.Column("options", db.Json, nullable=False),
        sa.Column("staged_bytes", db.Sequence64, nullable=False),
        sa.Column("offset", db.Sequence64, nullable=False),
        sa.Column("rows", db.Sequence64, nullable=False),
        sa.Column("rows_done", db.Sequence64, nullable=False),
        sa.Column("counts", db.Json, nullable=False),
        sa.Column("problems", db.Sequence64, nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.Column("created_by", db.Id, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("busy_until", db.UtcDateTime(), nullable=True),
        sa.Column("called_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_list", "import_run", ["created_at", "id"], unique=False)
    op.create_table(
        "incoming_mail",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("once_key", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("mailbox_id", db.Id, nullable=True),
        sa.Column("envelope_from", sa.String(length=320), nullable=True),
        sa.Column("envelope_to", db.Json, nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sender_name", sa.String(length=160), nullable=False),
        sa.Column("sender_address", sa.String(length=254), nullable=False),
        sa.Column("doubt", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=True),
        sa.Column("handled_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_mail")),
        sa.UniqueConstraint("once_key", name=op.f("uq_incoming_mail_once_key")),
    )
    op.create_index(
        "ix_incoming_mail_conversation", "incoming_mail", ["conversation_id", "seq"], unique=False
    )
    op.create_index(
        "ix_incoming_mail_list", "incoming_mail", ["state", "received_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_incoming_mail_message_id"), "incoming_mail", ["message_id"], unique=False
    )
    op.create_index(
        "ix_incoming_mail_waiting",
        "incoming_mail",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "ivr_flow",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("draft", db.Json, nullable=False),
        sa.Column("live_version", sa.Integer(), nullable=True),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_flow")),
    )
    op.create_table(
        "ivr_refusal",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("caller", sa.String(length=20), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_refusal")),
    )
    op.create_index(op.f("ix_ivr_refusal_at"), "ivr_refusal", ["at"], unique=False)
    op.create_index("ix_ivr_refusal_caller", "ivr_refusal", ["caller", "at"], unique=False)
    op.create_index("ix_ivr_refusal_customer", "ivr_refusal", ["customer_id", "at"], unique=False)
    op.create_index("ix_ivr_refusal_subject", "ivr_refusal", ["what", "number", "at"], unique=False)
    op.create_table(
        "ivr_step",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("given", sa.String(length=120), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_ivr_step")),
    )
    op.create_table(
        "ivr_version",
        sa.Column("flow_id", db.Id, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("flow_id", "number", name=op.f("pk_ivr_version")),
    )
    op.create_table(
        "ivr_walk",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("flow_id", db.Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", db.Json, nullable=False),
        sa.Column("caller", db.Json, nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_ivr_walk")),
    )
    op.create_index("ix_ivr_walk_began", "ivr_walk", ["began_at", "flow_id"], unique=False)
    op.create_table(
        "ivr_web_lookup",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("sentence", sa.String(length=600), nullable=False),
        sa.Column("secret_sealed", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=20), nullable=False),
        sa.Column("rest_until", db.UtcDateTime(), nullable=True),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_web_lookup")),
    )
    op.create_table(
        "kb_asked",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("empty", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("day", "words", "locale", name=op.f("pk_kb_asked")),
    )
    op.create_table(
        "kb_offer",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("shown_at", db.UtcDateTime(), nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=True),
        sa.Column("declared_at", db.UtcDateTime(), nullable=True),
        sa.Column("declared_id", db.Id, nullable=True),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("settled_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("contact_at", db.UtcDateTime(), nullable=True),
        sa.Column("case_kind", sa.String(length=12), nullable=False),
        sa.Column("case_id", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_offer")),
    )
    op.create_index("ix_kb_offer_customer", "kb_offer", ["customer_id"], unique=False)
    op.create_index(
        "ix_kb_offer_due",
        "kb_offer",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_index("ix_kb_offer_list", "kb_offer", ["shown_at", "id"], unique=False)
    op.create_index("ix_kb_offer_outcome", "kb_offer", ["outcome", "shown_at", "id"], unique=False)
    op.create_index(
        "ix_kb_offer_reader",
        "kb_offer",
        ["reader"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "kb_reading",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("settled_at", db.UtcDateTime(), nullable=True),
        sa.Column("contact_at", db.UtcDateTime(), nullable=True),
        sa.Column("case_kind", sa.String(length=12), nullable=False),
        sa.Column("case_id", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_reading")),
    )
    op.create_index(
        "ix_kb_reading_article", "kb_reading", ["article_id", "contact_at", "id"], unique=False
    )
    op.create_index(
        "ix_kb_reading_day", "kb_reading", ["customer_id", "article_id", "day"], unique=False
    )
    op.create_index(
        "ix_kb_reading_due",
        "kb_reading",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "ix_kb_reading_followed",
        "kb_reading",
        ["contact_at", "article_id"],
        unique=False,
        postgresql_where=sa.text("contact_at IS NOT NULL"),
        sqlite_where=sa.text("contact_at IS NOT NULL"),
    )
    op.create_index("ix_kb_reading_list", "kb_reading", ["at", "article_id"], unique=False)
    op.create_table(
        "kb_segment",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("tags", db.Json, nullable=False),
        sa.Column("organisation_ids", db.Json, nullable=False),
        sa.Column("needs_both", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_kb_segment_name")),
    )
    op.create_table(
        "kb_slug",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("slug", sa.String(length=90), nullable=False),
        sa.Column("subject_id", db.Id, nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "locale", "slug", name=op.f("pk_kb_slug")),
    )
    op.create_index("ix_kb_slug_subject", "kb_slug", ["subject_id", "locale"], unique=False)
    op.create_index("ix_kb_slug_words", "kb_slug", ["slug", "kind"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("until", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_legal_hold")),
    )
    op.create_table(
        "mail_brand",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sender_name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_brand")),
        sa.UniqueConstraint("name", name=op.f("uq_mail_brand_name")),
    )
    op.create_table(
        "mail_correspondent",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "address", name=op.f("pk_mail_correspondent")),
    )
    op.create_table(
        "mail_fuse",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("open_at", db.UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_since", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mail_fuse")),
    )
    op.create_table(
        "message",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("public_seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=48), nullable=False),
        sa.Column("client_msg_id", sa.String(length=64), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", db.Json, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(
        "uq_message_client",
        "message",
        ["conversation_id", "author", "client_msg_id"],
        unique=True,
        postgresql_where=sa.text("client_msg_id IS NOT NULL"),
        sqlite_where=sa.text("client_msg_id IS NOT NULL"),
    )
    op.create_index("uq_message_seq", "message", ["conversation_id", "seq"], unique=True)
    op.create_table(
        "no_calls",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("set_by", db.Id, nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_no_calls")),
    )
    op.create_table(
        "notice",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("article_id", db.Id, nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("read_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_at", "notice", ["at"], unique=False)
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["user_id", "ticket_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
        sqlite_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notice_user", "notice", ["user_id", "id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("domains", db.Json, nullable=False),
        sa.Column("custom", db.Json, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index(op.f("ix_organisation_name"), "organisation", ["name"], unique=False)
    op.create_table(
        "outgoing_mail",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("once_key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("mailbox_id", db.Id, nullable=True),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=400), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("to_name", sa.String(length=160), nullable=False),
        sa.Column("from_address", sa.String(length=254), nullable=False),
        sa.Column("from_name", sa.String(length=160), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.String(length=400), nullable=False),
        sa.Column("references", db.Json, nullable=False),
        sa.Column("attachments", db.Json, nullable=False),
        sa.Column("unsubscribe_url", sa.String(length=500), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("bounced_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
        sa.UniqueConstraint("once_key", name=op.f("uq_outgoing_mail_once_key")),
    )
    op.create_index(
        "ix_outgoing_mail_conversation", "outgoing_mail", ["conversation_id", "seq"], unique=False
    )
    op.create_index(
        "ix_outgoing_mail_due",
        "outgoing_mail",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_outgoing_mail_to", "outgoing_mail", ["to_address", "created_at"], unique=False
    )
    op.create_table(
        "part",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("cost_minor", db.Sequence64, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("sku", name=op.f("uq_part_sku")),
    )
    op.create_index("ix_part_list", "part", ["name", "id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("asked_by", db.Id, nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("joined_at", db.UtcDateTime(), nullable=True),
        sa.Column("left_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", "user_id", name=op.f("pk_participant")),
    )
    op.create_index("ix_participant_user", "participant", ["user_id", "left_at"], unique=False)
    op.create_table(
        "phone_number",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("flow_id", db.Id, nullable=True),
        sa.Column("takes_calls", sa.Boolean(), nullable=False),
        sa.Column("takes_texts", sa.Boolean(), nullable=False),
        sa.Column("greeting", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_number")),
        sa.UniqueConstraint("number", name=op.f("uq_phone_number_number")),
    )
    op.create_table(
        "phone_proof",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("network", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("site_id", db.Id, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("used_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_proof")),
    )
    op.create_index(op.f("ix_phone_proof_created_at"), "phone_proof", ["created_at"], unique=False)
    op.create_index(
        "ix_phone_proof_network", "phone_proof", ["network", "created_at"], unique=False
    )
    op.create_index("ix_phone_proof_number", "phone_proof", ["number", "created_at"], unique=False)
    op.create_index("ix_phone_proof_user", "phone_proof", ["user_id", "created_at"], unique=False)
    op.create_table(
        "plan_run",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("event", db.Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=True),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("touched_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("routes", db.Json, nullable=False),
        sa.Column("figures", db.Json, nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_run")),
    )
    op.create_index("ix_plan_run_day", "plan_run", ["day", "asked_at"], unique=False)
    op.create_index(
        "ix_plan_run_open",
        "plan_run",
        ["touched_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
        sqlite_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "presence_choice",
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("counts_as", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_presence_choice")),
    )
    op.create_table(
        "presence_span",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("agent_id", db.Id, nullable=False),
        sa.Column("presence", sa.String(length=30), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_span")),
    )
    op.create_index(
        "ix_presence_span_agent", "presence_span", ["agent_id", "began_at"], unique=False
    )
    op.create_table(
        "privacy_notice",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("texts", db.Json, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_privacy_notice")),
    )
    op.create_table(
        "product",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("warranty_months", sa.Integer(), nullable=True),
        sa.Column("returnable_days", sa.Integer(), nullable=True),
        sa.Column("problem_type", sa.String(length=40), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_sku")),
    )
    op.create_index("ix_product_list", "product", ["name", "id"], unique=False)
    op.create_table(
        "provider_outing",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("id", db.Id, nullable=False),
        sa.Column("provider_id", db.Id, nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("from_portal", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("next_path", sa.String(length=300), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_outing")),
        sa.UniqueConstraint("id", name=op.f("uq_provider_outing_id")),
    )
    op.create_index(
        op.f("ix_provider_outing_expires_at"), "provider_outing", ["expires_at"], unique=False
    )
    op.create_table(
        "queue",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("strategy", sa.String(length=20), nullable=False),
        sa.Column("weights", db.Json, nullable=False),
        sa.Column("priority_head_start_s", sa.Integer(), nullable=False),
        sa.Column("max_value_head_start_s", sa.Integer(), nullable=False),
        sa.Column("preferred_head_start_s", sa.Integer(), nullable=False),
        sa.Column("target_s", sa.Integer(), nullable=False),
        sa.Column("target_percent", sa.Integer(), nullable=False),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("relaxation", db.Json, nullable=False),
        sa.Column("overflow", db.Json, nullable=False),
        sa.Column("offer_s", db.Json, nullable=False),
        sa.Column("wrap_up_s", db.Json, nullable=False),
        sa.Column("outcomes", db.Json, nullable=False),
        sa.Column("calendar_id", db.Id, nullable=True),
        sa.Column("closed_text", sa.String(length=300), nullable=False),
        sa.Column("callback_instead", sa.Boolean(), nullable=False),
        sa.Column("message_instead", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue")),
        sa.UniqueConstraint("name", name=op.f("uq_queue_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_queue_slug")),
    )
    op.create_table(
        "recording_consent",
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("announcement", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("waits_for", db.Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("settled_at", db.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", db.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_recording_consent")),
    )
    op.create_table(
        "recording_pause",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("recording_id", db.Id, nullable=False),
        sa.Column("asked_by", db.Id, nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("resume_asked_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_why", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_pause")),
    )
    op.create_index(
        "ix_recording_pause_recording",
        "recording_pause",
        ["recording_id", "asked_at"],
        unique=False,
    )
    op.create_table(
        "recording_rule",
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("announcement", sa.String(length=500), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("listeners", sa.String(length=12), nullable=False),
        sa.Column("downloads", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_recording_rule")),
    )
    op.create_table(
        "return_case",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("order_id", db.Id, nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("wish", sa.String(length=12), nullable=False),
        sa.Column("goodwill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("late_told_at", db.UtcDateTime(), nullable=True),
        sa.Column("label_url", sa.String(length=500), nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_case")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_return_case_ticket_id")),
    )
    op.create_index(
        "ix_return_case_customer", "return_case", ["customer_id", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_return_case_due",
        "return_case",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_return_case_list", "return_case", ["opened_at", "id"], unique=False)
    op.create_index("ix_return_case_order", "return_case", ["order_id"], unique=False)
    op.create_table(
        "route",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route")),
    )
    op.create_index("ix_route_day", "route", ["day", "technician_id"], unique=False)
    op.create_index("uq_route_day", "route", ["technician_id", "day"], unique=True)
    op.create_table(
        "routing_note",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("work_item_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("agent_id", db.Id, nullable=True),
        sa.Column("details", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_routing_note")),
    )
    op.create_index("ix_routing_note_item", "routing_note", ["work_item_id", "seq"], unique=False)
    op.create_table(
        "rule",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.Column("on_since", db.UtcDateTime(), nullable=True),
        sa.Column("looked_until", db.UtcDateTime(), nullable=True),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("work_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    op.create_index("ix_rule_order", "rule", ["position", "id"], unique=False)
    op.create_table(
        "rule_cause",
        sa.Column("event_id", db.Id, nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_rule_cause")),
    )
    op.create_index(op.f("ix_rule_cause_at"), "rule_cause", ["at"], unique=False)
    op.create_table(
        "rule_cut",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "cause", name=op.f("pk_rule_cut")),
    )
    op.create_index(op.f("ix_rule_cut_at"), "rule_cut", ["at"], unique=False)
    op.create_table(
        "rule_firing",
        sa.Column("rule_id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("done", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "ticket_id", "cause", name=op.f("pk_rule_firing")),
    )
    op.create_index("ix_rule_firing_age", "rule_firing", ["at"], unique=False)
    op.create_index(
        "ix_rule_firing_rule", "rule_firing", ["rule_id", "at", "ticket_id"], unique=False
    )
    op.create_index("ix_rule_firing_ticket", "rule_firing", ["ticket_id", "at"], unique=False)
    op.create_table(
        "rule_trial",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("rule_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("examples", db.Json, nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("touched_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trial")),
    )
    op.create_index(op.f("ix_rule_trial_rule_id"), "rule_trial", ["rule_id"], unique=False)
    op.create_index(op.f("ix_rule_trial_started_at"), "rule_trial", ["started_at"], unique=False)
    op.create_table(
        "rule_version",
        sa.Column("rule_id", db.Id, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_rule_version")),
    )
    op.create_table(
        "rule_watch",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("state_since", db.UtcDateTime(), nullable=False),
        sa.Column("customer_wrote_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_rule_watch")),
    )
    op.create_index(
        "ix_rule_watch_customer", "rule_watch", ["customer_wrote_at", "ticket_id"], unique=False
    )
    op.create_index(
        "ix_rule_watch_state", "rule_watch", ["state", "state_since", "ticket_id"], unique=False
    )
    op.create_table(
        "saved_search",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("owner_id", db.Id, nullable=False),
        sa.Column("team_id", db.Id, nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("filters", db.Json, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index("ix_saved_search_team", "saved_search", ["team_id"], unique=False)
    op.create_index("uq_saved_search_name", "saved_search", ["owner_id", "name"], unique=True)
    op.create_table(
        "search_document",
        sa.Column("number", db.Sequence64, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", db.Id, nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("group_id", db.Id, nullable=True),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("state", sa.String(length=24), nullable=True),
        sa.Column("queue_id", db.Id, nullable=True),
        sa.Column("assignee_id", db.Id, nullable=True),
        sa.Column("facts", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_document")),
    )
    op.create_index(
        "ix_search_document_assignee", "search_document", ["assignee_id", "number"], unique=False
    )
    op.create_index(
        "ix_search_document_assignee_state",
        "search_document",
        ["assignee_id", "state", "number"],
        unique=False,
    )
    op.create_index(
        "ix_search_document_customer", "search_document", ["customer_id", "number"], unique=False
    )
    op.create_index("ix_search_document_group", "search_document", ["group_id"], unique=False)
    op.create_index("ix_search_document_kind", "search_document", ["kind", "number"], unique=False)
    op.create_index(
        "ix_search_document_queue", "search_document", ["queue_id", "number"], unique=False
    )
    op.create_index(
        "ix_search_document_queue_state",
        "search_document",
        ["queue_id", "state", "number"],
        unique=False,
    )
    op.create_index(
        "ix_search_document_state", "search_document", ["state", "number"], unique=False
    )
    op.create_index(
        "uq_search_document_subject", "search_document", ["kind", "subject_id"], unique=True
    )
    op.create_table(
        "search_synonyms",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("words", db.Json, nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_synonyms")),
    )
    op.create_table(
        "shop",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("heard_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("key", name=op.f("uq_shop_key")),
    )
    op.create_table(
        "shop_order",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("shop", sa.String(length=60), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("number_key", sa.String(length=60), nullable=False),
        sa.Column("number_digits", sa.String(length=20), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("organisation_id", db.Id, nullable=True),
        sa.Column("said_name", sa.String(length=160), nullable=False),
        sa.Column("said_email", sa.String(length=254), nullable=True),
        sa.Column("said_phone", sa.String(length=20), nullable=True),
        sa.Column("said_external", sa.String(length=254), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reached", db.Json, nullable=False),
        sa.Column("placed_at", db.UtcDateTime(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("tracking_url", sa.String(length=500), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", db.Sequence64, nullable=True),
        sa.Column("told_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order")),
    )
    op.create_index(
        "ix_shop_order_customer", "shop_order", ["customer_id", "placed_at", "id"], unique=False
    )
    op.create_index(
        "ix_shop_order_digits",
        "shop_order",
        ["number_digits"],
        unique=False,
        postgresql_where=sa.text("number_digits <> ''"),
        sqlite_where=sa.text("number_digits <> ''"),
    )
    op.create_index("ix_shop_order_list", "shop_order", ["placed_at", "id"], unique=False)
    op.create_index(
        "ix_shop_order_nobodys",
        "shop_order",
        ["placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index("ix_shop_order_number", "shop_order", ["number_key"], unique=False)
    op.create_index(
        "ix_shop_order_organisation",
        "shop_order",
        ["organisation_id", "placed_at", "id"],
        unique=False,
        postgresql_where=sa.text("organisation_id IS NOT NULL"),
        sqlite_where=sa.text("organisation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_shop_order_said_email",
        "shop_order",
        ["said_email"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index(
        "ix_shop_order_said_external",
        "shop_order",
        ["said_external"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index(
        "ix_shop_order_said_phone",
        "shop_order",
        ["said_phone"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index("uq_shop_order_external", "shop_order", ["shop", "external_id"], unique=True)
    op.create_table(
        "sign_in_failure",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=60), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(
        "ix_sign_in_failure_account", "sign_in_failure", ["account_hash", "at"], unique=False
    )
    op.create_index(op.f("ix_sign_in_failure_at"), "sign_in_failure", ["at"], unique=False)
    op.create_index(
        "ix_sign_in_failure_network", "sign_in_failure", ["network", "at"], unique=False
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", db.Id, nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("site_id", db.Id, nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("next_path", sa.String(length=300), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("used_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    op.create_index(
        "ix_sign_in_link_browser", "sign_in_link", ["browser_hash", "created_at"], unique=False
    )
    op.create_index(
        op.f("ix_sign_in_link_created_at"), "sign_in_link", ["created_at"], unique=False
    )
    op.create_index("ix_sign_in_link_email", "sign_in_link", ["email", "created_at"], unique=False)
    op.create_index(op.f("ix_sign_in_link_user_id"), "sign_in_link", ["user_id"], unique=False)
    op.create_table(
        "sign_in_provider",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("secret_sealed", sa.String(length=1000), nullable=True),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("for_customers", sa.Boolean(), nullable=False),
        sa.Column("for_staff", sa.Boolean(), nullable=False),
        sa.Column("trusts_unsaid", sa.Boolean(), nullable=False),
        sa.Column("domains", db.Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_provider")),
    )
    op.create_table(
        "skill",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("name", name=op.f("uq_skill_name")),
    )
    op.create_table(
        "sla_policy",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("conditions", db.Json, nullable=False),
        sa.Column("targets", db.Json, nullable=False),
        sa.Column("rules", db.Json, nullable=False),
        sa.Column("calendar_id", db.Id, nullable=True),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_policy")),
        sa.UniqueConstraint("name", name=op.f("uq_sla_policy_name")),
    )
    op.create_table(
        "slot",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("agent_id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("offer_id", db.Id, nullable=True),
        sa.Column("assignment_id", db.Id, nullable=True),
        sa.Column("blocked_by", db.Id, nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_slot_assignment_id")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_slot_offer_id")),
    )
    op.create_index(op.f("ix_slot_blocked_by"), "slot", ["blocked_by"], unique=False)
    op.create_index(
        "ix_slot_held",
        "slot",
        ["agent_id", "channel"],
        unique=False,
        postgresql_where=sa.text("offer_id IS NOT NULL OR assignment_id IS NOT NULL"),
        sqlite_where=sa.text("offer_id IS NOT NULL OR assignment_id IS NOT NULL"),
    )
    op.create_index("uq_slot_number", "slot", ["agent_id", "channel", "number"], unique=True)
    op.create_table(
        "slot_ask",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("wanted", db.Json, nullable=False),
        sa.Column("refusal", db.Json, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_ask")),
    )
    op.create_index("ix_slot_ask_old", "slot_ask", ["made_at"], unique=False)
    op.create_table(
        "slot_offer",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("asked_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("visit_id", db.Id, nullable=True),
        sa.Column("visit_type_id", db.Id, nullable=False),
        sa.Column("place_id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("starts_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("technician_ids", db.Json, nullable=False),
        sa.Column("job", db.Json, nullable=False),
        sa.Column("planned", db.Json, nullable=False),
        sa.Column("price", db.Json, nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("accepted_visit_id", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_offer")),
    )
    op.create_index("ix_slot_offer_asked", "slot_offer", ["asked_id"], unique=False)
    op.create_index(
        "ix_slot_offer_customer", "slot_offer", ["customer_id", "made_at"], unique=False
    )
    op.create_index(
        "ix_slot_offer_held",
        "slot_offer",
        ["expires_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    )
    op.create_index("ix_slot_offer_old", "slot_offer", ["made_at"], unique=False)
    op.create_table(
        "stored_setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", db.Json, nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stored_setting")),
    )
    op.create_table(
        "survey",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("plan_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("agent_id", db.Id, nullable=True),
        sa.Column("resolved_at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("planned_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_survey_token_hash")),
    )
    op.create_index(
        "ix_survey_answers",
        "survey",
        ["answered_at", "id"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NOT NULL"),
        sqlite_where=sa.text("answered_at IS NOT NULL"),
    )
    op.create_index("ix_survey_customer", "survey", ["customer_id", "sent_at"], unique=False)
    op.create_index(
        "ix_survey_due",
        "survey",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
        sqlite_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_survey_sent", "survey", ["sent_at"], unique=False)
    op.create_index("ix_survey_ticket", "survey", ["ticket_id", "id"], unique=False)
    op.create_index(
        "ix_survey_unanswered",
        "survey",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text(
            "state = 'sent' AND channel = 'chat' AND ticket_id IS NULL AND why = ''"
        ),
        sqlite_where=sa.text(
            "state = 'sent' AND channel = 'chat' AND ticket_id IS NULL AND why = ''"
        ),
    )
    op.create_index(
        "uq_survey_conversation",
        "survey",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
        sqlite_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index(
        "uq_survey_planned",
        "survey",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("state = 'planned'"),
        sqlite_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "survey_plan",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("queue_ids", db.Json, nullable=False),
        sa.Column("brand_id", db.Id, nullable=True),
        sa.Column("delay_s", sa.Integer(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_plan")),
    )
    op.create_table(
        "survey_turn",
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_survey_turn")),
    )
    op.create_table(
        "tag",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "team",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("queue_ids", db.Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "technician",
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("start_name", sa.String(length=120), nullable=False),
        sa.Column("start_lat", sa.Double(), nullable=False),
        sa.Column("start_lon", sa.Double(), nullable=False),
        sa.Column("end_name", sa.String(length=120), nullable=False),
        sa.Column("end_lat", sa.Double(), nullable=True),
        sa.Column("end_lon", sa.Double(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("week", db.Json, nullable=False),
        sa.Column("breaks", db.Json, nullable=False),
        sa.Column("calendar_id", db.Id, nullable=True),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("territory_ids", db.Json, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("cost_per_hour_minor", sa.Integer(), nullable=False),
        sa.Column("cost_per_km_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("colour", sa.String(length=12), nullable=False),
        sa.Column("may_overrun_s", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_technician")),
    )
    op.create_index("ix_technician_active", "technician", ["is_active", "user_id"], unique=False)
    op.create_table(
        "technician_command",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", db.Json, nullable=False),
        sa.Column("said_at", db.UtcDateTime(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("receipt", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician_command")),
    )
    op.create_index(
        "ix_technician_command_conflict",
        "technician_command",
        ["received_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'conflict'"),
        sqlite_where=sa.text("state = 'conflict'"),
    )
    op.create_index(
        "ix_technician_command_of",
        "technician_command",
        ["technician_id", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_technician_command_visit", "technician_command", ["visit_id", "at"], unique=False
    )
    op.create_table(
        "technician_position",
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("visit_id", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_technician_position")),
    )
    op.create_table(
        "territory",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("postcodes", db.Json, nullable=False),
        sa.Column("outline", db.Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory")),
        sa.UniqueConstraint("name", name=op.f("uq_territory_name")),
    )
    op.create_table(
        "text_arrival",
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_text_arrival")),
    )
    op.create_table(
        "text_delivery",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("ours", sa.String(length=20), nullable=False),
        sa.Column("theirs", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", db.Json, nullable=False),
        sa.Column("content_sid", sa.String(length=40), nullable=False),
        sa.Column("variables", db.Json, nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("carrier_sid", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_unsure", sa.Boolean(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_delivery")),
        sa.UniqueConstraint("carrier_sid", name=op.f("uq_text_delivery_carrier_sid")),
    )
    op.create_index(
        op.f("ix_text_delivery_customer_id"), "text_delivery", ["customer_id"], unique=False
    )
    op.create_index(
        "ix_text_delivery_due",
        "text_delivery",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_text_delivery_pair",
        "text_delivery",
        ["theirs", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "uq_text_delivery_message", "text_delivery", ["conversation_id", "seq"], unique=True
    )
    op.create_table(
        "text_media",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_media")),
    )
    op.create_index(
        "ix_text_media_due",
        "text_media",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'fetching')"),
        sqlite_where=sa.text("state IN ('waiting', 'fetching')"),
    )
    op.create_table(
        "text_opt_out",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("contact_point_id", db.Id, nullable=True),
        sa.Column("told_by", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=160), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("undone_at", db.UtcDateTime(), nullable=True),
        sa.Column("undone_words", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_opt_out")),
    )
    op.create_index(
        "ix_text_opt_out_list",
        "text_opt_out",
        ["id"],
        unique=False,
        postgresql_where=sa.text("undone_at IS NULL"),
        sqlite_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_text_opt_out_number", "text_opt_out", ["number", "id"], unique=False)
    op.create_index(
        "uq_text_opt_out_standing",
        "text_opt_out",
        ["number"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
        sqlite_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "text_template",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content_sid", sa.String(length=40), nullable=False),
        sa.Column("archived_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_template")),
    )
    op.create_index(
        "uq_text_template_name",
        "text_template",
        ["name", "language"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
        sqlite_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "text_thread",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("ours", sa.String(length=20), nullable=False),
        sa.Column("theirs", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("last_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("told_closed_in", db.Id, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_thread")),
    )
    op.create_index(
        op.f("ix_text_thread_conversation_id"), "text_thread", ["conversation_id"], unique=False
    )
    op.create_index(
        "uq_text_thread_pair", "text_thread", ["channel", "ours", "theirs"], unique=True
    )
    op.create_table(
        "ticket",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("number", db.Sequence64, sa.Identity(always=False, start=10001), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=True),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("team_id", db.Id, nullable=True),
        sa.Column("assignee_id", db.Id, nullable=True),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("organisation_id", db.Id, nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("tags", db.Json, nullable=False),
        sa.Column("fields", db.Json, nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("first_replied_at", db.UtcDateTime(), nullable=True),
        sa.Column("waiting_since", db.UtcDateTime(), nullable=True),
        sa.Column("resolved_at", db.UtcDateTime(), nullable=True),
        sa.Column("first_resolved_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column("merged_into_id", db.Id, nullable=True),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("next_due_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index(
        "ix_ticket_assignee", "ticket", ["assignee_id", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_ticket_assignee_state",
        "ticket",
        ["assignee_id", "state", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_ticket_customer", "ticket", ["customer_id", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_ticket_done_assignee_resolved",
        "ticket",
        ["assignee_id", "resolved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
        sqlite_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_done_queue_resolved",
        "ticket",
        ["queue_id", "resolved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
        sqlite_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_done_resolved",
        "ticket",
        ["resolved_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
        sqlite_where=sa.text("state IN ('resolved', 'closed') AND merged_into_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_due",
        "ticket",
        ["next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_opened",
        "ticket",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_priority",
        "ticket",
        ["priority", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_queue_due",
        "ticket",
        ["queue_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_queue_opened",
        "ticket",
        ["queue_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index(
        "ix_ticket_free_queue_priority",
        "ticket",
        ["queue_id", "priority", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed') AND assignee_id IS NULL"),
    )
    op.create_index("ix_ticket_list", "ticket", ["opened_at", "id"], unique=False)
    op.create_index(
        "ix_ticket_live_assignee_due",
        "ticket",
        ["assignee_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_assignee_opened",
        "ticket",
        ["assignee_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_assignee_priority",
        "ticket",
        ["assignee_id", "priority", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_assignee_updated",
        "ticket",
        ["assignee_id", "updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_customer",
        "ticket",
        ["customer_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_due",
        "ticket",
        ["next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_opened",
        "ticket",
        ["opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_organisation",
        "ticket",
        ["organisation_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_priority",
        "ticket",
        ["priority", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_priority_state",
        "ticket",
        ["priority", "state", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_queue_due",
        "ticket",
        ["queue_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_queue_opened",
        "ticket",
        ["queue_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_queue_priority",
        "ticket",
        ["queue_id", "priority", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_ticket_live_updated",
        "ticket",
        ["updated_at", "id"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('resolved', 'closed')"),
        sqlite_where=sa.text("state NOT IN ('resolved', 'closed')"),
    )
    op.create_index(op.f("ix_ticket_merged_into_id"), "ticket", ["merged_into_id"], unique=False)
    op.create_index(
        "ix_ticket_organisation",
        "ticket",
        ["organisation_id", "opened_at", "id"],
        unique=False,
        postgresql_where=sa.text("organisation_id IS NOT NULL"),
        sqlite_where=sa.text("organisation_id IS NOT NULL"),
    )
    op.create_index("ix_ticket_queue", "ticket", ["queue_id", "opened_at", "id"], unique=False)
    op.create_index(
        "ix_ticket_queue_state", "ticket", ["queue_id", "state", "opened_at", "id"], unique=False
    )
    op.create_index("ix_ticket_state", "ticket", ["state", "opened_at", "id"], unique=False)
    op.create_table(
        "ticket_about",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("subject_id", db.Id, nullable=False),
        sa.Column("subject", sa.String(length=6), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "subject_id", name=op.f("pk_ticket_about")),
    )
    op.create_index(
        "ix_ticket_about_subject", "ticket_about", ["subject_id", "ticket_id"], unique=False
    )
    op.create_table(
        "ticket_bulk",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("action", db.Json, nullable=False),
        sa.Column("wanted", db.Json, nullable=False),
        sa.Column("cursor", sa.String(length=400), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("touched_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("undone_by", db.Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_bulk")),
    )
    op.create_index(
        "ix_ticket_bulk_unfinished",
        "ticket_bulk",
        ["touched_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('gathering', 'running', 'undoing')"),
        sqlite_where=sa.text("state IN ('gathering', 'running', 'undoing')"),
    )
    op.create_index("ix_ticket_bulk_user", "ticket_bulk", ["user_id", "at"], unique=False)
    op.create_table(
        "ticket_change",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("changes", db.Json, nullable=False),
        sa.Column("details", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ticket_change")),
    )
    op.create_index("ix_ticket_change_list", "ticket_change", ["ticket_id", "seq"], unique=False)
    op.create_table(
        "ticket_macro",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("owner_id", db.Id, nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("team_id", db.Id, nullable=True),
        sa.Column("changes", db.Json, nullable=False),
        sa.Column("add_tags", db.Json, nullable=False),
        sa.Column("remove_tags", db.Json, nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_macro")),
    )
    op.create_index(
        "ix_ticket_macro_audience", "ticket_macro", ["audience", "team_id", "name"], unique=False
    )
    op.create_index("ix_ticket_macro_owner", "ticket_macro", ["owner_id", "name"], unique=False)
    op.create_table(
        "ticket_queue_rule",
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("reopen", sa.String(length=10), nullable=False),
        sa.Column("reopen_days", sa.Integer(), nullable=False),
        sa.Column("close_after_days", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_ticket_queue_rule")),
    )
    op.create_table(
        "ticket_type",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("form", db.Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("in_portal", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_type")),
        sa.UniqueConstraint("key", name=op.f("uq_ticket_type_key")),
        sa.UniqueConstraint("name", name=op.f("uq_ticket_type_name")),
    )
    op.create_table(
        "ticket_view",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", db.Id, nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("team_id", db.Id, nullable=True),
        sa.Column("filter", db.Json, nullable=False),
        sa.Column("sort", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_view")),
    )
    op.create_index(
        "ix_ticket_view_audience", "ticket_view", ["audience", "team_id", "position"], unique=False
    )
    op.create_index("ix_ticket_view_owner", "ticket_view", ["owner_id", "position"], unique=False)
    op.create_table(
        "timeline_entry",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("event_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("subject_id", db.Id, nullable=True),
        sa.Column("facts", db.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_timeline_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_timeline_entry_event_id")),
    )
    op.create_index(
        "ix_timeline_entry_list", "timeline_entry", ["customer_id", "at", "seq"], unique=False
    )
    op.create_index(
        "ix_timeline_entry_subject", "timeline_entry", ["subject_id", "at"], unique=False
    )
    op.create_table(
        "travel_near",
        sa.Column("place", db.Sequence64, autoincrement=False, nullable=False),
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("near", db.Json, nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_travel_near")),
    )
    op.create_index("ix_travel_near_new", "travel_near", ["server", "asked_at"], unique=False)
    op.create_table(
        "triage_due",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_triage_due")),
    )
    op.create_index("ix_triage_due_at", "triage_due", ["at"], unique=False)
    op.create_table(
        "triage_model",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("touched_at", db.UtcDateTime(), nullable=False),
        sa.Column("trained_at", db.UtcDateTime(), nullable=True),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("has_file", sa.Boolean(), nullable=False),
        sa.Column("figures", db.Json, nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_model")),
    )
    op.create_index("ix_triage_model_state", "triage_model", ["state", "started_at"], unique=False)
    op.create_table(
        "triage_suggestion",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("model_id", db.Id, nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("words", db.Json, nullable=False),
        sa.Column("likeness", sa.Double(), nullable=False),
        sa.Column("is_foreign", sa.Boolean(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("was", sa.String(length=60), nullable=True),
        sa.Column("settled_at", db.UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.Column("judged_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_suggestion")),
    )
    op.create_index("ix_triage_suggestion_at", "triage_suggestion", ["at"], unique=False)
    op.create_index(
        "ix_triage_suggestion_judged", "triage_suggestion", ["field", "judged_at"], unique=False
    )
    op.create_index(
        "uq_triage_suggestion_value",
        "triage_suggestion",
        ["ticket_id", "field", "value"],
        unique=True,
    )
    op.create_table(
        "trip",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("from_lat", sa.Double(), nullable=False),
        sa.Column("from_lon", sa.Double(), nullable=False),
        sa.Column("to_lat", sa.Double(), nullable=False),
        sa.Column("to_lon", sa.Double(), nullable=False),
        sa.Column("left_at", db.UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("expected_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trip")),
    )
    op.create_index("ix_trip_left", "trip", ["left_at", "id"], unique=False)
    op.create_table(
        "visit_place",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("pin", sa.String(length=8), nullable=False),
        sa.Column("access", sa.String(length=500), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_place")),
    )
    op.create_index(
        "ix_visit_place_customer", "visit_place", ["customer_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_visit_place_postcode", "visit_place", ["postcode", "created_at"], unique=False
    )
    op.create_table(
        "visit_type",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("names", db.Json, nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("duration_p50_s", sa.Integer(), nullable=False),
        sa.Column("duration_p80_s", sa.Integer(), nullable=False),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("parts", db.Json, nullable=False),
        sa.Column("crew", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("checklist", db.Json, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("window_s", sa.Integer(), nullable=True),
        sa.Column("is_bookable", sa.Boolean(), nullable=False),
        sa.Column("needs_signature", sa.Boolean(), nullable=False),
        sa.Column("moves_until_s", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_type")),
        sa.UniqueConstraint("key", name=op.f("uq_visit_type_key")),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", db.Json, nullable=False),
        sa.Column("secret_sealed", sa.String(length=300), nullable=False),
        sa.Column("former_sealed", sa.String(length=300), nullable=True),
        sa.Column("former_until", db.UtcDateTime(), nullable=True),
        sa.Column("off_why", sa.String(length=10), nullable=False),
        sa.Column("off_at", db.UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.Column("last_sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("rest_until", db.UtcDateTime(), nullable=True),
        sa.Column("busy_until", db.UtcDateTime(), nullable=True),
        sa.Column("called_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "widget_site",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("allowed_origins", db.Json, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("greeting", sa.String(length=300), nullable=False),
        sa.Column("offline_text", sa.String(length=300), nullable=False),
        sa.Column("pre_chat", db.Json, nullable=False),
        sa.Column("look", db.Json, nullable=False),
        sa.Column("look_draft", db.Json, nullable=True),
        sa.Column("look_before", db.Json, nullable=True),
        sa.Column("secret_sealed", sa.String(length=300), nullable=False),
        sa.Column("calls", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widget_site")),
        sa.UniqueConstraint("key", name=op.f("uq_widget_site_key")),
    )
    op.create_table(
        "work_item",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("waiting_since", db.UtcDateTime(), nullable=False),
        sa.Column("head_start_s", sa.Integer(), nullable=False),
        sa.Column("sort_key", db.Sequence64, nullable=False),
        sa.Column("front", sa.Integer(), nullable=False),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("preferred", db.Json, nullable=False),
        sa.Column("preferred_for_s", sa.Integer(), nullable=False),
        sa.Column("asked", db.Json, nullable=False),
        sa.Column("been_in", db.Json, nullable=False),
        sa.Column("reason", sa.String(length=160), nullable=False),
        sa.Column("promised", db.Json, nullable=True),
        sa.Column("shown", db.Json, nullable=True),
        sa.Column("shown_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_waiting_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_queue_id", db.Id, nullable=True),
        sa.Column("last_look", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
    )
    op.create_index(
        "ix_work_item_answered",
        "work_item",
        ["answered_queue_id", "ended_waiting_at"],
        unique=False,
        postgresql_where=sa.text("answered_queue_id IS NOT NULL"),
        sqlite_where=sa.text("answered_queue_id IS NOT NULL"),
    )
    op.create_index("ix_work_item_state", "work_item", ["state", "queue_id"], unique=False)
    op.create_index(
        "ix_work_item_subject", "work_item", ["subject_kind", "subject_id"], unique=False
    )
    op.create_index(
        "ix_work_item_waiting",
        "work_item",
        ["queue_id", "front", "sort_key"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_work_item_waits", "work_item", ["queue_id", "ended_waiting_at"], unique=False
    )
    op.create_index(
        "uq_work_item_call",
        "work_item",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("channel = 'call'"),
        sqlite_where=sa.text("channel = 'call'"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("used_at", db.UtcDateTime(), nullable=True),
        sa.Column("expires_at", db.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "asset",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("organisation_id", db.Id, nullable=True),
        sa.Column("said_name", sa.String(length=160), nullable=False),
        sa.Column("said_email", sa.String(length=254), nullable=True),
        sa.Column("said_phone", sa.String(length=20), nullable=True),
        sa.Column("said_external", sa.String(length=254), nullable=True),
        sa.Column("product_id", db.Id, nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("serial_key", sa.String(length=80), nullable=False),
        sa.Column("order_id", db.Id, nullable=True),
        sa.Column("origin", sa.String(length=60), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("purchased_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("replaced_by_id", db.Id, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_asset_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    op.create_index("ix_asset_customer", "asset", ["customer_id", "created_at", "id"], unique=False)
    op.create_index("ix_asset_list", "asset", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_asset_nobodys",
        "asset",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index("ix_asset_order", "asset", ["order_id"], unique=False)
    op.create_index(
        "ix_asset_organisation",
        "asset",
        ["organisation_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("organisation_id IS NOT NULL"),
        sqlite_where=sa.text("organisation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_asset_said_email",
        "asset",
        ["said_email"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index(
        "ix_asset_said_external",
        "asset",
        ["said_external"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index(
        "ix_asset_said_phone",
        "asset",
        ["said_phone"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NULL"),
        sqlite_where=sa.text("customer_id IS NULL"),
    )
    op.create_index("ix_asset_serial", "asset", ["serial_key"], unique=False)
    op.create_index(
        "uq_asset_external",
        "asset",
        ["origin", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
        sqlite_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "clock",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("stopped_at", db.UtcDateTime(), nullable=True),
        sa.Column("stopped_by", sa.String(length=16), nullable=False),
        sa.Column("target_s", sa.Integer(), nullable=True),
        sa.Column("elapsed_us", db.Sequence64, nullable=True),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("breached_at", db.UtcDateTime(), nullable=True),
        sa.Column("tell_at", db.UtcDateTime(), nullable=True),
        sa.Column("warned_at", db.UtcDateTime(), nullable=True),
        sa.Column("breach_told_at", db.UtcDateTime(), nullable=True),
        sa.Column("first_stopped_at", db.UtcDateTime(), nullable=True),
        sa.Column("first_elapsed_us", db.Sequence64, nullable=True),
        sa.Column("first_breached_at", db.UtcDateTime(), nullable=True),
        sa.Column("owner_id", db.Id, nullable=True),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["clock_ledger.ticket_id"], name=op.f("fk_clock_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_index(
        "ix_clock_due",
        "clock",
        ["name", "due_at"],
        unique=False,
        postgresql_where=sa.text("stopped_at IS NULL AND due_at IS NOT NULL"),
        sqlite_where=sa.text("stopped_at IS NULL AND due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_clock_owner",
        "clock",
        ["owner_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("stopped_at IS NULL AND owner_id IS NOT NULL"),
        sqlite_where=sa.text("stopped_at IS NULL AND owner_id IS NOT NULL"),
    )
    op.create_index(
        "ix_clock_tell",
        "clock",
        ["tell_at"],
        unique=False,
        postgresql_where=sa.text("tell_at IS NOT NULL"),
        sqlite_where=sa.text("tell_at IS NOT NULL"),
    )
    op.create_index("ix_clock_ticket", "clock", ["ticket_id", "started_at"], unique=False)
    op.create_index(
        "uq_clock_running",
        "clock",
        ["ticket_id", "name"],
        unique=True,
        postgresql_where=sa.text(
            "stopped_at IS NULL AND name IN ('first_response', 'next_response', 'resolution')"
        ),
        sqlite_where=sa.text(
            "stopped_at IS NULL AND name IN ('first_response', 'next_response', 'resolution')"
        ),
    )
    op.create_table(
        "clock_span",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("from_at", db.UtcDateTime(), nullable=False),
        sa.Column("to_at", db.UtcDateTime(), nullable=True),
        sa.Column("party", sa.String(length=14), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["clock_ledger.ticket_id"], name=op.f("fk_clock_span_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_span")),
    )
    op.create_index(
        "uq_clock_span_open",
        "clock_span",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
        sqlite_where=sa.text("to_at IS NULL"),
    )
    op.create_index("uq_clock_span_start", "clock_span", ["ticket_id", "from_at"], unique=True)
    op.create_table(
        "customer",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("organisation_id", db.Id, nullable=True),
        sa.Column("owner_id", db.Id, nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("timezone", sa.String(length=60), nullable=True),
        sa.Column("preferred_channel", sa.String(length=12), nullable=True),
        sa.Column("preferred_time", sa.String(length=12), nullable=True),
        sa.Column("sees_organisation", sa.Boolean(), nullable=False),
        sa.Column("value_head_start_s", sa.Integer(), nullable=False),
        sa.Column("custom", db.Json, nullable=False),
        sa.Column("merged_into_id", db.Id, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_contact_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_customer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index("ix_customer_list", "customer", ["last_contact_at", "id"], unique=False)
    op.create_index(
        op.f("ix_customer_merged_into_id"), "customer", ["merged_into_id"], unique=False
    )
    op.create_index(
        op.f("ix_customer_organisation_id"), "customer", ["organisation_id"], unique=False
    )
    op.create_table(
        "household_invitation",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("household_id", db.Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("sees_all", sa.Boolean(), nullable=False),
        sa.Column("invited_by", db.Id, nullable=False),
        sa.Column("from_address", sa.String(length=254), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("accepted_at", db.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_invitation_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_invitation")),
    )
    op.create_index(
        "ix_household_invitation_email",
        "household_invitation",
        ["email", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_household_invitation_household_id"),
        "household_invitation",
        ["household_id"],
        unique=False,
    )
    op.create_table(
        "import_problem",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("import_id", db.Id, nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_problem_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problem")),
    )
    op.create_index("ix_import_problem_list", "import_problem", ["import_id", "id"], unique=False)
    op.create_table(
        "kb_offered",
        sa.Column("offer_id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["kb_offer.id"], name=op.f("fk_kb_offered_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", "article_id", name=op.f("pk_kb_offered")),
    )
    op.create_index("ix_kb_offered_article", "kb_offered", ["article_id"], unique=False)
    op.create_table(
        "kb_section",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("parent_id", db.Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", db.Json, nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("segment_id", db.Id, nullable=True),
        sa.Column("icon", sa.String(length=40), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["kb_section.id"], name=op.f("fk_kb_section_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["kb_segment.id"], name=op.f("fk_kb_section_segment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_section")),
    )
    op.create_index(
        "ix_kb_section_tree", "kb_section", ["parent_id", "position", "id"], unique=False
    )
    op.create_table(
        "known_device",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_known_device_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_known_device")),
    )
    op.create_index(op.f("ix_known_device_user_id"), "known_device", ["user_id"], unique=False)
    op.create_table(
        "mail_body",
        sa.Column("mail_id", db.Id, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("remote", db.Json, nullable=False),
        sa.Column("inline", db.Json, nullable=False),
        sa.Column("headers", db.Json, nullable=False),
        sa.Column("notes", db.Json, nullable=False),
        sa.Column("defects", db.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["incoming_mail.id"], name=op.f("fk_mail_body_mail_id")
        ),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail_body")),
    )
    op.create_table(
        "mail_wording",
        sa.Column("brand_id", db.Id, nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["mail_brand.id"], name=op.f("fk_mail_wording_brand_id")
        ),
        sa.PrimaryKeyConstraint("brand_id", "language", "kind", name=op.f("pk_mail_wording")),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("brand_id", db.Id, nullable=True),
        sa.Column("queue_id", db.Id, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("from_environment", sa.Boolean(), nullable=False),
        sa.Column("acknowledges", sa.Boolean(), nullable=False),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.Column("incoming", sa.String(length=8), nullable=False),
        sa.Column("imap", db.Json, nullable=False),
        sa.Column("outgoing", sa.String(length=8), nullable=False),
        sa.Column("smtp", db.Json, nullable=False),
        sa.Column("oauth", db.Json, nullable=False),
        sa.Column("secrets_sealed", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.Column("looked_at", db.UtcDateTime(), nullable=True),
        sa.Column("sending_error", sa.String(length=300), nullable=False),
        sa.Column("not_sending_since", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["mail_brand.id"], name=op.f("fk_mailbox_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("address", name=op.f("uq_mailbox_address")),
    )
    op.create_table(
        "maintenance_plan",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("place_id", db.Id, nullable=False),
        sa.Column("asset_id", db.Id, nullable=True),
        sa.Column("visit_type_id", db.Id, nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["visit_place.id"], name=op.f("fk_maintenance_plan_place_id")
        ),
        sa.ForeignKeyConstraint(
            ["visit_type_id"], ["visit_type.id"], name=op.f("fk_maintenance_plan_visit_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_plan")),
    )
    op.create_index(
        "ix_maintenance_customer", "maintenance_plan", ["customer_id", "id"], unique=False
    )
    op.create_index(
        "ix_maintenance_next",
        "maintenance_plan",
        ["next_on", "id"],
        unique=False,
        postgresql_where=sa.text("is_active AND next_on IS NOT NULL"),
        sqlite_where=sa.text("is_active AND next_on IS NOT NULL"),
    )
    op.create_index("ix_maintenance_place", "maintenance_plan", ["place_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("work_item_id", db.Id, nullable=False),
        sa.Column("agent_id", db.Id, nullable=False),
        sa.Column("slot_id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("why", db.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["work_item_id"], ["work_item.id"], name=op.f("fk_offer_work_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_agent", "offer", ["agent_id", "made_at"], unique=False)
    op.create_index(
        "ix_offer_deadline",
        "offer",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_index("ix_offer_item", "offer", ["work_item_id", "made_at"], unique=False)
    op.create_index(
        "uq_offer_live_item",
        "offer",
        ["work_item_id"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "uq_offer_live_slot",
        "offer",
        ["slot_id"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "organisation_domain",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("organisation_id", db.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_domain_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_organisation_domain")),
    )
    op.create_index(
        op.f("ix_organisation_domain_organisation_id"),
        "organisation_domain",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "password_reset",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("used_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_password_reset_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_reset")),
    )
    op.create_index(op.f("ix_password_reset_user_id"), "password_reset", ["user_id"], unique=False)
    op.create_table(
        "plan_change",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("run_id", db.Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("before", db.Json, nullable=False),
        sa.Column("after", db.Json, nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("warn", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("refusal", sa.String(length=200), nullable=False),
        sa.Column("applied_at", db.UtcDateTime(), nullable=True),
        sa.Column("decided_at", db.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["plan_run.id"], name=op.f("fk_plan_change_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_change")),
    )
    op.create_index("ix_plan_change_run", "plan_change", ["run_id", "position"], unique=False)
    op.create_index("ix_plan_change_visit", "plan_change", ["visit_id"], unique=False)
    op.create_table(
        "provider_subject",
        sa.Column("provider_id", db.Id, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("linked_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["sign_in_provider.id"], name=op.f("fk_provider_subject_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_provider_subject_user_id")
        ),
        sa.PrimaryKeyConstraint("provider_id", "subject", name=op.f("pk_provider_subject")),
    )
    op.create_index(
        op.f("ix_provider_subject_user_id"), "provider_subject", ["user_id"], unique=False
    )
    op.create_table(
        "queue_member",
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_queue_member_queue_id")),
        sa.PrimaryKeyConstraint("queue_id", "user_id", name=op.f("pk_queue_member")),
    )
    op.create_index(op.f("ix_queue_member_user_id"), "queue_member", ["user_id"], unique=False)
    op.create_table(
        "return_item",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("return_id", db.Id, nullable=False),
        sa.Column("line_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return_case.id"], name=op.f("fk_return_item_return_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_item")),
    )
    op.create_index("ix_return_item_line", "return_item", ["line_id"], unique=False)
    op.create_index(op.f("ix_return_item_return_id"), "return_item", ["return_id"], unique=False)
    op.create_table(
        "return_step",
        sa.Column("seq", db.Sequence64, autoincrement=True, nullable=False),
        sa.Column("return_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["return_case.id"], name=op.f("fk_return_step_return_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_return_step")),
    )
    op.create_index("ix_return_step_list", "return_step", ["return_id", "seq"], unique=False)
    op.create_table(
        "shop_message",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("shop_id", db.Id, nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("order_id", db.Id, nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_message_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_message")),
    )
    op.create_index(
        "ix_shop_message_list", "shop_message", ["shop_id", "received_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_shop_message_received_at"), "shop_message", ["received_at"], unique=False
    )
    op.create_index("uq_shop_message_once", "shop_message", ["shop_id", "message_id"], unique=True)
    op.create_table(
        "shop_order_line",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("order_id", db.Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", db.Sequence64, nullable=True),
        sa.Column("serials", db.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_shop_order_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order_line")),
    )
    op.create_index(
        "ix_shop_order_line_list", "shop_order_line", ["order_id", "position", "id"], unique=False
    )
    op.create_table(
        "sign_in_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_sign_in_session_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("id", name=op.f("uq_sign_in_session_id")),
    )
    op.create_index(
        op.f("ix_sign_in_session_expires_at"), "sign_in_session", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_sign_in_session_user_id"), "sign_in_session", ["user_id"], unique=False
    )
    op.create_table(
        "site_picture",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("site_id", db.Id, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["widget_site.id"], name=op.f("fk_site_picture_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_picture")),
    )
    op.create_index(op.f("ix_site_picture_site_id"), "site_picture", ["site_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("team_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_team_member_user_id")),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_user_id"), "team_member", ["user_id"], unique=False)
    op.create_table(
        "technician_absence",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("starts_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technician.user_id"],
            name=op.f("fk_technician_absence_technician_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician_absence")),
    )
    op.create_index("ix_technician_absence_end", "technician_absence", ["ends_at"], unique=False)
    op.create_index(
        "ix_technician_absence_of", "technician_absence", ["technician_id", "ends_at"], unique=False
    )
    op.create_table(
        "technician_day",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", db.Json, nullable=False),
        sa.Column("breaks", db.Json, nullable=True),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.user_id"], name=op.f("fk_technician_day_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician_day")),
    )
    op.create_index("uq_technician_day", "technician_day", ["technician_id", "day"], unique=True)
    op.create_table(
        "ticket_bulk_item",
        sa.Column("run_id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("before", db.Json, nullable=False),
        sa.Column("after", db.Json, nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ticket_bulk.id"], name=op.f("fk_ticket_bulk_item_run_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "ticket_id", name=op.f("pk_ticket_bulk_item")),
    )
    op.create_index(
        "ix_ticket_bulk_item_outcome",
        "ticket_bulk_item",
        ["run_id", "outcome", "place"],
        unique=False,
    )
    op.create_table(
        "ticket_checklist_item",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("done_by", db.Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_checklist_item_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_checklist_item")),
    )
    op.create_index(
        "ix_ticket_checklist_item_list",
        "ticket_checklist_item",
        ["ticket_id", "position", "id"],
        unique=False,
    )
    op.create_table(
        "ticket_draft",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", db.Json, nullable=False),
        sa.Column("then", db.Json, nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_draft_ticket_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "user_id", "public", name=op.f("pk_ticket_draft")),
    )
    op.create_index("ix_ticket_draft_user", "ticket_draft", ["user_id", "updated_at"], unique=False)
    op.create_table(
        "ticket_follower",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_follower_ticket_id")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "user_id", name=op.f("pk_ticket_follower")),
    )
    op.create_index(
        "ix_ticket_follower_user", "ticket_follower", ["user_id", "since"], unique=False
    )
    op.create_table(
        "ticket_link",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("from_id", db.Id, nullable=False),
        sa.Column("to_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["ticket.id"], name=op.f("fk_ticket_link_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["ticket.id"], name=op.f("fk_ticket_link_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_link")),
    )
    op.create_index(op.f("ix_ticket_link_to_id"), "ticket_link", ["to_id"], unique=False)
    op.create_index("uq_ticket_link_pair", "ticket_link", ["from_id", "to_id", "kind"], unique=True)
    op.create_table(
        "ticket_merge",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("source_id", db.Id, nullable=False),
        sa.Column("target_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("moved", db.Json, nullable=False),
        sa.Column("before", db.Json, nullable=False),
        sa.Column("chosen", db.Json, nullable=False),
        sa.Column("undone_at", db.UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ticket.id"], name=op.f("fk_ticket_merge_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["ticket.id"], name=op.f("fk_ticket_merge_target_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_merge")),
    )
    op.create_index("ix_ticket_merge_source", "ticket_merge", ["source_id", "at"], unique=False)
    op.create_index("ix_ticket_merge_target", "ticket_merge", ["target_id", "at"], unique=False)
    op.create_table(
        "ticket_participant",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_participant_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_participant")),
    )
    op.create_index(
        "ix_ticket_participant_customer",
        "ticket_participant",
        ["customer_id", "ticket_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ticket_participant_ticket_id"), "ticket_participant", ["ticket_id"], unique=False
    )
    op.create_table(
        "ticket_pending_reply",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", db.Json, nullable=False),
        sa.Column("conversation_id", db.Id, nullable=True),
        sa.Column("then", db.Json, nullable=False),
        sa.Column("client_msg_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("send_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_pending_reply_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_pending_reply")),
    )
    op.create_index(
        "ix_ticket_pending_reply_due",
        "ticket_pending_reply",
        ["send_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_ticket_pending_reply_ticket",
        "ticket_pending_reply",
        ["ticket_id", "state", "send_at"],
        unique=False,
    )
    op.create_index(
        "ix_ticket_pending_reply_user",
        "ticket_pending_reply",
        ["user_id", "state", "send_at"],
        unique=False,
    )
    op.create_index(
        "uq_ticket_pending_reply_client",
        "ticket_pending_reply",
        ["user_id", "client_msg_id"],
        unique=True,
        postgresql_where=sa.text("client_msg_id IS NOT NULL"),
        sqlite_where=sa.text("client_msg_id IS NOT NULL"),
    )
    op.create_table(
        "ticket_split",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("source_id", db.Id, nullable=False),
        sa.Column("made_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("conversation_id", db.Id, nullable=False),
        sa.Column("is_moved", sa.Boolean(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("details", db.Json, nullable=False),
        sa.Column("undone_at", db.UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["made_id"], ["ticket.id"], name=op.f("fk_ticket_split_made_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ticket.id"], name=op.f("fk_ticket_split_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_split")),
    )
    op.create_index("ix_ticket_split_made", "ticket_split", ["made_id"], unique=False)
    op.create_index("ix_ticket_split_source", "ticket_split", ["source_id", "at"], unique=False)
    op.create_table(
        "ticket_tag",
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tag")),
    )
    op.create_index(
        "ix_ticket_tag_list", "ticket_tag", ["tag", "opened_at", "ticket_id"], unique=False
    )
    op.create_index(
        "ix_ticket_tag_state",
        "ticket_tag",
        ["tag", "state", "opened_at", "ticket_id"],
        unique=False,
    )
    op.create_table(
        "ticket_time_entry",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("ticket_id", db.Id, nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_time_entry_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_time_entry")),
    )
    op.create_index(
        "ix_ticket_time_entry_ticket", "ticket_time_entry", ["ticket_id", "at"], unique=False
    )
    op.create_index(
        "ix_ticket_time_entry_user", "ticket_time_entry", ["user_id", "at"], unique=False
    )
    op.create_table(
        "van_stock",
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("part_id", db.Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_van_stock_part_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.user_id"], name=op.f("fk_van_stock_technician_id")
        ),
        sa.PrimaryKeyConstraint("technician_id", "part_id", name=op.f("pk_van_stock")),
    )
    op.create_table(
        "visit",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("number", db.Sequence64, sa.Identity(always=False, start=10001), nullable=False),
        sa.Column("ticket_id", db.Id, nullable=True),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("visit_type_id", db.Id, nullable=False),
        sa.Column("place_id", db.Id, nullable=False),
        sa.Column("asset_id", db.Id, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("earliest_at", db.UtcDateTime(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("duration_p80_s", sa.Integer(), nullable=False),
        sa.Column("crew", sa.Integer(), nullable=False),
        sa.Column("skills", db.Json, nullable=False),
        sa.Column("parts", db.Json, nullable=False),
        sa.Column("window_starts_at", db.UtcDateTime(), nullable=True),
        sa.Column("window_ends_at", db.UtcDateTime(), nullable=True),
        sa.Column("planned_at", db.UtcDateTime(), nullable=True),
        sa.Column("lock_technician_id", db.Id, nullable=True),
        sa.Column("lock_from", db.UtcDateTime(), nullable=True),
        sa.Column("lock_to", db.UtcDateTime(), nullable=True),
        sa.Column("series_id", db.Id, nullable=True),
        sa.Column("series_place", sa.Integer(), nullable=False),
        sa.Column("maintenance_id", db.Id, nullable=True),
        sa.Column("maintenance_on", sa.Date(), nullable=True),
        sa.Column("follows_id", db.Id, nullable=True),
        sa.Column("appointment_clock_id", db.Id, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("departed_at", db.UtcDateTime(), nullable=True),
        sa.Column("arrived_at", db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["visit_place.id"], name=op.f("fk_visit_place_id")),
        sa.ForeignKeyConstraint(
            ["visit_type_id"], ["visit_type.id"], name=op.f("fk_visit_visit_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("number", name=op.f("uq_visit_number")),
    )
    op.create_index(
        "ix_visit_ahead",
        "visit",
        ["planned_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('booked', 'travelling', 'on_site')"),
        sqlite_where=sa.text("state IN ('booked', 'travelling', 'on_site')"),
    )
    op.create_index("ix_visit_asset", "visit", ["asset_id", "created_at"], unique=False)
    op.create_index("ix_visit_customer", "visit", ["customer_id", "created_at", "id"], unique=False)
    op.create_index("ix_visit_list", "visit", ["created_at", "id"], unique=False)
    op.create_index("ix_visit_place", "visit", ["place_id", "created_at"], unique=False)
    op.create_index("ix_visit_planned", "visit", ["planned_at", "id"], unique=False)
    op.create_index("ix_visit_series", "visit", ["series_id", "series_place"], unique=False)
    op.create_index("ix_visit_ticket", "visit", ["ticket_id", "created_at"], unique=False)
    op.create_index(
        "ix_visit_waiting",
        "visit",
        ["priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_visit_of_plan",
        "visit",
        ["maintenance_id", "maintenance_on"],
        unique=True,
        postgresql_where=sa.text("maintenance_id IS NOT NULL"),
        sqlite_where=sa.text("maintenance_id IS NOT NULL"),
    )
    op.create_table(
        "visit_duration",
        sa.Column("visit_type_id", db.Id, nullable=False),
        sa.Column("technician_id", sa.String(length=36), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("p50_s", sa.Integer(), nullable=False),
        sa.Column("p80_s", sa.Integer(), nullable=False),
        sa.Column("learned_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_type_id"], ["visit_type.id"], name=op.f("fk_visit_duration_visit_type_id")
        ),
        sa.PrimaryKeyConstraint("visit_type_id", "technician_id", name=op.f("pk_visit_duration")),
    )
    op.create_table(
        "visitor",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("site_id", db.Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("identified_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["widget_site.id"], name=op.f("fk_visitor_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visitor_token_hash")),
    )
    op.create_index(op.f("ix_visitor_customer_id"), "visitor", ["customer_id"], unique=False)
    op.create_index(op.f("ix_visitor_expires_at"), "visitor", ["expires_at"], unique=False)
    op.create_index(op.f("ix_visitor_site_id"), "visitor", ["site_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("endpoint_id", db.Id, nullable=False),
        sa.Column("event_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", db.UtcDateTime(), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("replay_of", db.Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_age", "webhook_delivery", ["created_at"], unique=False)
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["endpoint_id", "next_try_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_delivery_list", "webhook_delivery", ["endpoint_id", "id"], unique=False
    )
    op.create_index(
        "uq_webhook_delivery_event",
        "webhook_delivery",
        ["endpoint_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("replay_of IS NULL"),
        sqlite_where=sa.text("replay_of IS NULL"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("work_item_id", db.Id, nullable=False),
        sa.Column("offer_id", db.Id, nullable=False),
        sa.Column("agent_id", db.Id, nullable=False),
        sa.Column("slot_id", db.Id, nullable=False),
        sa.Column("queue_id", db.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("accepted_at", db.UtcDateTime(), nullable=False),
        sa.Column("lost_at", db.UtcDateTime(), nullable=True),
        sa.Column("contact_ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("wrap_up_until", db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("next_step", sa.String(length=300), nullable=True),
        sa.Column("released", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_assignment_offer_id")),
        sa.ForeignKeyConstraint(
            ["work_item_id"], ["work_item.id"], name=op.f("fk_assignment_work_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_assignment_offer_id")),
    )
    op.create_index("ix_assignment_agent", "assignment", ["agent_id", "accepted_at"], unique=False)
    op.create_index(
        "ix_assignment_finished", "assignment", ["queue_id", "finished_at"], unique=False
    )
    op.create_index(
        "ix_assignment_item", "assignment", ["work_item_id", "accepted_at"], unique=False
    )
    op.create_index(
        "ix_assignment_open",
        "assignment",
        ["agent_id"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        op.f("ix_assignment_wrap_up_until"), "assignment", ["wrap_up_until"], unique=False
    )
    op.create_index(
        "uq_assignment_live_item",
        "assignment",
        ["work_item_id"],
        unique=True,
        postgresql_where=sa.text("contact_ended_at IS NULL"),
        sqlite_where=sa.text("contact_ended_at IS NULL"),
    )
    op.create_index(
        "uq_assignment_live_slot",
        "assignment",
        ["slot_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
        sqlite_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "contact_point",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("as_given", sa.String(length=254), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=True),
        sa.Column("verified_at", db.UtcDateTime(), nullable=True),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_contact_point_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
    )
    op.create_index(
        op.f("ix_contact_point_customer_id"), "contact_point", ["customer_id"], unique=False
    )
    op.create_index("ix_contact_point_value", "contact_point", ["kind", "value"], unique=False)
    op.create_index(
        "uq_contact_point_proved",
        "contact_point",
        ["kind", "value"],
        unique=True,
        postgresql_where=sa.text("verified_at IS NOT NULL"),
        sqlite_where=sa.text("verified_at IS NOT NULL"),
    )
    op.create_table(
        "customer_note",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("author_id", db.Id, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_note_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_note")),
    )
    op.create_index("ix_customer_note_list", "customer_note", ["customer_id", "id"], unique=False)
    op.create_table(
        "customer_tag",
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("tag_id", db.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_tag_customer_id")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_customer_tag_tag_id")),
        sa.PrimaryKeyConstraint("customer_id", "tag_id", name=op.f("pk_customer_tag")),
    )
    op.create_index(op.f("ix_customer_tag_tag_id"), "customer_tag", ["tag_id"], unique=False)
    op.create_table(
        "household_member",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("household_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("sees_all", sa.Boolean(), nullable=False),
        sa.Column("joined_at", db.UtcDateTime(), nullable=False),
        sa.Column("left_at", db.UtcDateTime(), nullable=True),
        sa.Column("removed_by", db.Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_household_member_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_member_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_member")),
    )
    op.create_index(
        op.f("ix_household_member_customer_id"), "household_member", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_household_member_household_id"), "household_member", ["household_id"], unique=False
    )
    op.create_table(
        "kb_article",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("section_id", db.Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner_id", db.Id, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("segment_id", db.Id, nullable=True),
        sa.Column("source_locale", sa.String(length=10), nullable=False),
        sa.Column("labels", db.Json, nullable=False),
        sa.Column("publish_at", db.UtcDateTime(), nullable=True),
        sa.Column("publish_versions", db.Json, nullable=False),
        sa.Column("published_at", db.UtcDateTime(), nullable=True),
        sa.Column("archived_at", db.UtcDateTime(), nullable=True),
        sa.Column("review_every_days", sa.Integer(), nullable=True),
        sa.Column("review_due_at", db.UtcDateTime(), nullable=True),
        sa.Column("reminded_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("unhelpful", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("read_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["kb_section.id"], name=op.f("fk_kb_article_section_id")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["kb_segment.id"], name=op.f("fk_kb_article_segment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_article")),
    )
    op.create_index(
        "ix_kb_article_audience",
        "kb_article",
        ["audience", "published_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_counted",
        "kb_article",
        ["section_id", "audience", "segment_id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_doubted",
        "kb_article",
        ["unhelpful", "id"],
        unique=False,
        postgresql_where=sa.text("is_live AND unhelpful >= 3"),
        sqlite_where=sa.text("is_live = 1 AND unhelpful >= 3"),
    )
    op.create_index(
        "ix_kb_article_in_section", "kb_article", ["section_id", "updated_at", "id"], unique=False
    )
    op.create_index("ix_kb_article_list", "kb_article", ["updated_at", "id"], unique=False)
    op.create_index(
        "ix_kb_article_newest",
        "kb_article",
        ["published_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_owner", "kb_article", ["owner_id", "updated_at", "id"], unique=False
    )
    op.create_index(
        "ix_kb_article_review",
        "kb_article",
        ["review_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_scheduled",
        "kb_article",
        ["publish_at"],
        unique=False,
        postgresql_where=sa.text("state = 'scheduled'"),
        sqlite_where=sa.text("state = 'scheduled'"),
    )
    op.create_index(
        "ix_kb_article_shelf",
        "kb_article",
        ["section_id", "position", "id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_state", "kb_article", ["state", "updated_at", "id"], unique=False
    )
    op.create_index(
        "ix_kb_article_unread",
        "kb_article",
        ["read_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_live"),
        sqlite_where=sa.text("is_live = 1"),
    )
    op.create_index(
        "ix_kb_article_untold",
        "kb_article",
        ["review_due_at"],
        unique=False,
        postgresql_where=sa.text("is_live AND reminded_at IS NULL AND review_due_at IS NOT NULL"),
        sqlite_where=sa.text("is_live = 1 AND reminded_at IS NULL AND review_due_at IS NOT NULL"),
    )
    op.create_table(
        "route_stop",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("route_id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("travel_s", sa.Integer(), nullable=False),
        sa.Column("travel_source", sa.String(length=16), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["route.id"], name=op.f("fk_route_stop_route_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_route_stop_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_stop")),
    )
    op.create_index("ix_route_stop_route", "route_stop", ["route_id", "starts_at"], unique=False)
    op.create_index(
        "ix_route_stop_technician", "route_stop", ["technician_id", "starts_at"], unique=False
    )
    op.create_index("uq_route_stop_visit", "route_stop", ["visit_id", "technician_id"], unique=True)
    op.create_table(
        "visit_file",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("technician_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("taken_at", db.UtcDateTime(), nullable=False),
        sa.Column("attachment_id", db.Id, nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_file_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_file")),
    )
    op.create_index("ix_visit_file_visit", "visit_file", ["visit_id", "taken_at"], unique=False)
    op.create_table(
        "visit_needs",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("needs_visit_id", db.Id, nullable=True),
        sa.Column("part_id", db.Id, nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("met_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_needs_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_needs")),
    )
    op.create_index("ix_visit_needs_other", "visit_needs", ["needs_visit_id"], unique=False)
    op.create_index(
        "ix_visit_needs_part",
        "visit_needs",
        ["expected_on", "id"],
        unique=False,
        postgresql_where=sa.text("met_at IS NULL"),
        sqlite_where=sa.text("met_at IS NULL"),
    )
    op.create_index("ix_visit_needs_visit", "visit_needs", ["visit_id"], unique=False)
    op.create_table(
        "visit_promise",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("customer_id", db.Id, nullable=False),
        sa.Column("starts_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(), nullable=True),
        sa.Column("late_s", sa.Integer(), nullable=True),
        sa.Column("risk", sa.Double(), nullable=True),
        sa.Column("eta_p50_at", db.UtcDateTime(), nullable=True),
        sa.Column("eta_p90_at", db.UtcDateTime(), nullable=True),
        sa.Column("at_risk_since", db.UtcDateTime(), nullable=True),
        sa.Column("warned_at", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_promise_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_promise")),
    )
    op.create_index(
        "ix_visit_promise_customer", "visit_promise", ["customer_id", "made_at"], unique=False
    )
    op.create_index(
        "ix_visit_promise_open",
        "visit_promise",
        ["ends_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_visit_promise_visit", "visit_promise", ["visit_id", "made_at"], unique=False
    )
    op.create_index("ix_visit_promise_window", "visit_promise", ["starts_at", "id"], unique=False)
    op.create_index(
        "uq_visit_promise_open",
        "visit_promise",
        ["visit_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "visit_reminder",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("promise_id", db.Id, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_visit_reminder_visit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_reminder")),
    )
    op.create_index(
        "ix_visit_reminder_due",
        "visit_reminder",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.create_index(
        "uq_visit_reminder_once", "visit_reminder", ["visit_id", "kind", "promise_id"], unique=True
    )
    op.create_table(
        "visit_report",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", db.Json, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signed_name", sa.String(length=120), nullable=False),
        sa.Column("signed_at", db.UtcDateTime(), nullable=True),
        sa.Column("strokes", db.Json, nullable=False),
        sa.Column("attachment_id", db.Id, nullable=True),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("mails", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_report_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_report")),
    )
    op.create_index(
        "ix_visit_report_due",
        "visit_report",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("uq_visit_report_version", "visit_report", ["visit_id", "version"], unique=True)
    op.create_table(
        "visit_work",
        sa.Column("visit_id", db.Id, nullable=False),
        sa.Column("checklist", db.Json, nullable=False),
        sa.Column("parts_used", db.Json, nullable=False),
        sa.Column("spent_s", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_work_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visit_work")),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("delivery_id", db.Id, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_attempt_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(
        "ix_webhook_attempt_list", "webhook_attempt", ["delivery_id", "id"], unique=False
    )
    op.create_table(
        "kb_article_label",
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("label", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_article_label_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "label", name=op.f("pk_kb_article_label")),
    )
    op.create_index(
        "ix_kb_article_label_list", "kb_article_label", ["label", "article_id"], unique=False
    )
    op.create_table(
        "kb_file",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", db.UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("removed_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_file_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_file")),
    )
    op.create_index("ix_kb_file_article", "kb_file", ["article_id", "id"], unique=False)
    op.create_table(
        "kb_file_use",
        sa.Column("file_id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_file_use_article_id")
        ),
        sa.PrimaryKeyConstraint("file_id", "article_id", "locale", name=op.f("pk_kb_file_use")),
    )
    op.create_index("ix_kb_file_use_article", "kb_file_use", ["article_id", "locale"], unique=False)
    op.create_table(
        "kb_rating",
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_rating_article_id")
        ),
        sa.PrimaryKeyConstraint(
            "article_id", "locale", "number", "reader", name=op.f("pk_kb_rating")
        ),
    )
    op.create_table(
        "kb_remark",
        sa.Column("id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner_id", db.Id, nullable=True),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("customer_id", db.Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.Column("done_by", db.Id, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_remark_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_remark")),
    )
    op.create_index("ix_kb_remark_article", "kb_remark", ["article_id", "at", "id"], unique=False)
    op.create_index("ix_kb_remark_customer", "kb_remark", ["customer_id"], unique=False)
    op.create_index(
        "ix_kb_remark_open",
        "kb_remark",
        ["owner_id", "at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_kb_remark_reader", "kb_remark", ["reader", "at"], unique=False)
    op.create_table(
        "kb_translation",
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(length=90), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("published_number", sa.Integer(), nullable=True),
        sa.Column("source_version", sa.Integer(), nullable=True),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_translation_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "locale", name=op.f("pk_kb_translation")),
    )
    op.create_index(
        "ix_kb_translation_follows",
        "kb_translation",
        ["article_id", "locale"],
        unique=False,
        postgresql_where=sa.text("source_version IS NOT NULL"),
        sqlite_where=sa.text("source_version IS NOT NULL"),
    )
    op.create_index(
        "ix_kb_translation_locale",
        "kb_translation",
        ["locale", "updated_at", "article_id"],
        unique=False,
    )
    op.create_table(
        "kb_unsaved",
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("user_id", db.Id, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("upon", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_unsaved_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "locale", "user_id", name=op.f("pk_kb_unsaved")),
    )
    op.create_table(
        "kb_use",
        sa.Column("case_id", db.Id, nullable=False),
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("case_kind", sa.String(length=12), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_use_article_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "article_id", "how", name=op.f("pk_kb_use")),
    )
    op.create_index("ix_kb_use_article", "kb_use", ["article_id", "at"], unique=False)
    op.create_table(
        "kb_version",
        sa.Column("article_id", db.Id, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("files", db.Json, nullable=False),
        sa.Column("source_version", sa.Integer(), nullable=True),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["kb_article.id"], name=op.f("fk_kb_version_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "locale", "number", name=op.f("pk_kb_version")),
    )
    migrating.lay_guards(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("there is nothing before the first schema; make a new database instead")
