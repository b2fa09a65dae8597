"""Findings, verdicts, checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "detectors_0001"
down_revision = None
branch_labels = ("detectors",)
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("onset", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detected", sa.DateTime(timezone=True), nullable=False),
        sa.Column("surprise", sa.Float(), nullable=False),
        sa.Column("severity", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("contact", sa.Boolean(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("triaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.UniqueConstraint("number", name="uq_finding_number"),
    )
    op.create_index(
        "ix_finding_waiting", "finding", ["created_at", "number"], postgresql_where=sa.text("triaged_at IS NULL")
    )
    op.create_index("ix_finding_device", "finding", ["tenant", "device", "onset"])
    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name="fk_verdict_finding_id_finding", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_finding_id", "verdict", ["finding_id"])
    op.create_table(
        "checkpoint",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("log_ms", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("partition", name="pk_checkpoint"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("checkpoint")
    op.drop_table("verdict")
    op.drop_table("finding")
