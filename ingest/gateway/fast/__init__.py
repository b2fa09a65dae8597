"""The fast way of well-formed Forewarn JSON: a batch of payloads to columns, without a Python object for a reading."""
