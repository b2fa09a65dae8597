"""Who may send commands to devices; those who are there already go on as before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "api_0002"
down_revision = "api_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_account", sa.Column("commands", sa.Boolean(), nullable=False, server_default="true"))
    op.alter_column("staff_account", "commands", server_default=None)


def downgrade() -> None:
    op.drop_column("staff_account", "commands")
