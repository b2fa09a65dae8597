"""The device registry, the readers' offsets, the ledger and the quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "ingest_0001"
down_revision = None
branch_labels = ("ingest",)
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_COUNTS = ("received", "stored", "duplicate", "quarantined", "throttled", "late", "historical")


def upgrade() -> None:
    """Create the tables."""
    _registry()
    op.create_table(
        "log_offset",
        sa.Column("reader", sa.String(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("device", sa.String(), primary_key=True),
        sa.Column("hour", _MOMENT, primary_key=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
    )
    op.create_table(
        "device_seen",
        sa.Column("device_no", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("newest_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_quarantine_tenant_device_reason", "quarantine", ["tenant", "device", "reason", "id"])


def _registry() -> None:
    op.create_table(
        "device",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("model", sa.String(), server_default="", nullable=False),
        sa.Column("firmware", sa.String(), server_default="", nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.Column("time_zone", sa.String(), server_default="UTC", nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("tenant", "identifier"),
    )
    op.create_table(
        "device_owner",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("device_no", sa.BigInteger(), sa.ForeignKey("device.no", ondelete="CASCADE"), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
    )
    op.create_index(
        "uq_device_owner_open",
        "device_owner",
        ["device_no"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_device_owner_owner", "device_owner", ["owner"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("quarantine", "device_seen", "ledger", "log_offset", "device_owner", "device"):
        op.drop_table(table)
