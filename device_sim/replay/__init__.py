"""Recordings played back as a device: a mapping from columns to signals, the table, its time, and the player."""
