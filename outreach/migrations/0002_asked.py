"""When the gate was last asked about a notice, and which of its stages spoke."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "outreach_0002"
down_revision = "outreach_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of notices from before, neither is known."""
    op.add_column("outbox", sa.Column("stage", sa.String(), nullable=False, server_default=""))
    op.alter_column("outbox", "stage", server_default=None)
    op.add_column("outbox", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("outbox", "asked_at")
    op.drop_column("outbox", "stage")
