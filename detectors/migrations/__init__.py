"""Alembic revisions of the detectors' tables."""
