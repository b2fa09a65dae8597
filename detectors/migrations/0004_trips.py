"""Trips of those who agreed to be coached, and how far the looking for them has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "detectors_0004"
down_revision = "detectors_0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "trip",
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("tenant", "device", "owner")),
        *(sa.Column(name, _MOMENT, nullable=False) for name in ("started_at", "ended_at")),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in ("distance_km", "moving_s", "standing_s", "idle_s", "top_speed")
        ),
        sa.Column("stops", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer()) for name in ("braking", "acceleration", "cornering")),
        sa.Column("fast_s", sa.Double()),
        sa.Column("judged_by", sa.String(), nullable=False),
    )
    op.create_index("ix_trip_device", "trip", ["tenant", "device", "started_at"])
    op.create_index("ix_trip_owner", "trip", ["tenant", "owner"])
    op.create_table(
        "trip_checkpoint",
        sa.Column("partition", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("log_offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("trip_checkpoint")
    op.drop_table("trip")
