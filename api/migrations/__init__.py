"""Alembic revisions of this folder's tables."""
