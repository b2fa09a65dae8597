"""What findings share: silences that wait for a hub, and incidents with the findings that they account for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "detectors_0003"
down_revision = "detectors_0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.func.clock_timestamp()


def upgrade() -> None:
    """Make the three tables."""
    op.create_index("ix_finding_lately", "finding", ["tenant", "fault", "detected"])
    op.create_table(
        "finding_hold",
        _finding(),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "hub", "device")),
        sa.Column("at", _MOMENT, nullable=False, server_default=_NOW),
        sa.Column("ended_at", _MOMENT),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("ix_finding_hold_open", "finding_hold", ["tenant", "hub"], postgresql_where=still)
    _incidents()


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False, unique=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "fault", "what", "device_type")),
        sa.Column("onset", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("struck", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("lifts", postgresql.JSONB(), nullable=False),
        sa.Column("dismissed_by", sa.String(), nullable=False, server_default=""),
        sa.Column("created_at", _MOMENT, nullable=False, server_default=_NOW),
    )
    op.create_index("ix_incident_newest", "incident", ["tenant", "fault", "last_at"])
    to = sa.ForeignKey("incident.id", ondelete="CASCADE")
    op.create_table("incident_finding", _finding(), sa.Column("incident_id", sa.Uuid(), to, nullable=False))
    op.create_index("ix_incident_finding_incident_id", "incident_finding", ["incident_id"])


def _finding() -> sa.Column[object]:
    to = sa.ForeignKey("finding.id", ondelete="CASCADE")
    return sa.Column("finding_id", sa.Uuid(), to, primary_key=True)


def downgrade() -> None:
    """Drop them again."""
    for table in ("incident_finding", "incident", "finding_hold"):
        op.drop_table(table)
    op.drop_index("ix_finding_lately", "finding")
