"""Permissions: what owners allow beyond their devices being looked after."""

import sqlalchemy as sa
from alembic import op

revision = "ingest_0004"
down_revision = "ingest_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row for each purpose that an owner allows."""
    op.create_table(
        "device_permission",
        sa.Column("tenant", sa.String(), primary_key=True),
        sa.Column("owner", sa.String(), primary_key=True),
        sa.Column("purpose", sa.String(), primary_key=True),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("device_permission")
