"""Alembic revisions of ingest's tables, one branch of their own."""
