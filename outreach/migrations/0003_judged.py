"""When the readings may have something to say about an episode, and what was foretold of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "outreach_0003"
down_revision = "outreach_0002"
branch_labels = None
depends_on = None

COLUMNS = ("judge_at", "foretold_at", "overdue_at")


def upgrade() -> None:
    """Episodes from before are not judged."""
    for name in COLUMNS:
        op.add_column("episode", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_episode_device", "episode", ["tenant", "device"])
    op.create_index("ix_episode_judge", "episode", ["judge_at"], postgresql_where=sa.text("judge_at IS NOT NULL"))


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_episode_judge", "episode")
    op.drop_index("ix_episode_device", "episode")
    for name in COLUMNS:
        op.drop_column("episode", name)
