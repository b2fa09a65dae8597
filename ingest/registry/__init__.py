"""The device registry: which devices there are, of which type, and who owns them since when."""
