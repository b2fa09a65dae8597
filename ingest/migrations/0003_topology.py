"""Topology: the device through which another one speaks."""

import sqlalchemy as sa
from alembic import op

revision = "ingest_0003"
down_revision = "ingest_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Devices learn their parent, by its identifier: it may be registered after them."""
    op.add_column("device", sa.Column("parent", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_device_parent", "device", ["tenant", "parent"], postgresql_where=sa.text("parent <> ''"))


def downgrade() -> None:
    """Forget it."""
    op.drop_index("ix_device_parent", "device")
    op.drop_column("device", "parent")
