"""The running engine: readings of many devices in, claims out, state that can be saved and goes on bit for bit."""
