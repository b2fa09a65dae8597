"""Alembic revisions of outreach's tables."""
