"""Credentials, claims, status, events, commands, clocks; and what the ledger and the quarantine learnt to keep."""

import sqlalchemy as sa
from alembic import op

revision = "ingest_0002"
down_revision = "ingest_0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _device() -> sa.Column[int]:
    return sa.Column("device_no", sa.BigInteger(), sa.ForeignKey("device.no", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """Create the tables and columns."""
    _identity()
    _said()
    _commands()
    op.create_table(
        "erasure",
        _id(),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "device")),
        sa.Column("device_no", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("done_at", _MOMENT),
        sa.Column("readings", sa.BigInteger()),
    )
    op.create_index("ix_erasure_waiting", "erasure", ["id"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_table(
        "clock_offset",
        sa.Column("device_no", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("from_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "flush_intent",
        sa.Column("reader", sa.String(), primary_key=True),
        sa.Column("through", sa.String(), nullable=False),
        sa.Column("fresh", sa.LargeBinary(), nullable=False),
    )
    op.add_column("ledger", sa.Column("missing", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_ledger_tenant_hour", "ledger", ["tenant", "hour"])
    op.add_column("device_seen", sa.Column("newest_seq", sa.BigInteger(), nullable=False, server_default="-1"))
    op.add_column("device_seen", sa.Column("skew_ms", sa.BigInteger()))
    op.add_column("quarantine", sa.Column("topic", sa.String(), nullable=False, server_default=""))
    op.add_column("quarantine", sa.Column("whole", sa.Boolean(), nullable=False, server_default="false"))


def _identity() -> None:
    op.add_column("device", sa.Column("revoked_at", _MOMENT))
    op.create_table(
        "device_credential",
        _id(),
        _device(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        sa.UniqueConstraint("kind", "secret"),
    )
    op.create_index("ix_device_credential_device_no", "device_credential", ["device_no"])
    op.create_table(
        "device_claim",
        sa.Column("code", sa.String(), primary_key=True),
        _device(),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("claimed_at", _MOMENT),
        sa.Column("claimed_by", sa.String()),
    )
    op.create_table(
        "device_audit",
        _id(),
        sa.Column("at", _MOMENT, nullable=False, server_default=sa.func.clock_timestamp()),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "device", "actor", "action", "detail")),
    )
    op.create_index("ix_device_audit_device", "device_audit", ["tenant", "device", "id"])
    op.create_table(
        "broker_refusal",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("hour", _MOMENT, primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
    )


def _said() -> None:
    op.create_table(
        "device_status",
        sa.Column("device_no", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
    )
    op.create_table(
        "device_event",
        _id(),
        sa.Column("device_no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("taken_at", _MOMENT),
        sa.UniqueConstraint("device_no", "kind", "at", "digest"),
    )
    waiting = sa.text("taken_at IS NULL")
    op.create_index("ix_device_event_waiting", "device_event", ["kind", "id"], postgresql_where=waiting)
    op.create_table(
        "announcement",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("topic", sa.String(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
    )


def _commands() -> None:
    op.create_table(
        "device_command",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _device(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arguments", sa.String(), nullable=False, server_default="{}"),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("sent_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("answer", sa.String(), nullable=False, server_default=""),
    )
    op.create_index("ix_device_command_device_no", "device_command", ["device_no", "created_at"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index("ix_device_command_open", "device_command", ["expires_at"], postgresql_where=still_open)


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("ix_ledger_tenant_hour", "ledger")
    for table, names in {
        "device": ("revoked_at",),
        "quarantine": ("topic", "whole"),
        "device_seen": ("newest_seq", "skew_ms"),
        "ledger": ("missing",),
    }.items():
        for name in names:
            op.drop_column(table, name)
    for table in (
        "flush_intent", "clock_offset", "erasure", "device_command", "announcement", "device_event", "device_status",
        "broker_refusal", "device_audit", "device_claim", "device_credential",
    ):  # fmt: skip
        op.drop_table(table)
