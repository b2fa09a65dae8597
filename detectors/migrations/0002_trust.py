"""Trust: standings, decisions about them, contacts made, weighed verdicts, and what drafts find in shadow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "detectors_0002"
down_revision = "detectors_0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Verdicts from before are weighed like new ones."""
    op.add_column("verdict", sa.Column("weighed_at", _MOMENT, nullable=True))
    op.create_index("ix_verdict_unweighed", "verdict", ["id"], postgresql_where=sa.text("weighed_at IS NULL"))
    op.create_index("ix_finding_severity", "finding", ["tenant", "fault", "severity"])
    op.create_table(
        "trust_standing",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("fault", sa.String(), primary_key=True),
        sa.Column("version", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("prior_right", sa.Double(), nullable=False),
        sa.Column("prior_wrong", sa.Double(), nullable=False),
        sa.Column("right", sa.Double(), nullable=False),
        sa.Column("wrong", sa.Double(), nullable=False),
    )
    op.create_table(
        "trust_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("ix_trust_decision_newest", "trust_decision", ["tenant", "id"])
    op.create_table(
        "trust_contact",
        sa.Column("finding_id", sa.Uuid(), sa.ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
    )
    op.create_index("ix_trust_contact_newest", "trust_contact", ["tenant", "at"])
    op.create_table(
        "shadow_finding",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.String(), primary_key=True),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("onset", _MOMENT, nullable=False),
        sa.Column("detected", _MOMENT, nullable=False),
        sa.Column("severity", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("contact", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_shadow_finding_version", "shadow_finding", ["tenant", "version", "detected"])
    op.create_table(
        "shadow_checkpoint",
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("until_at", _MOMENT, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("shadow_checkpoint", "shadow_finding", "trust_contact", "trust_decision", "trust_standing"):
        op.drop_table(table)
    op.drop_index("ix_finding_severity", "finding")
    op.drop_index("ix_verdict_unweighed", "verdict")
    op.drop_column("verdict", "weighed_at")
