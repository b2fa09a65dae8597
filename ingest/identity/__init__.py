"""Identity: what a device proves itself with, our own certificate authority, and the broker that enforces both."""
