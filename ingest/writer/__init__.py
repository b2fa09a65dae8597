"""The writer: from the partition log into the telemetry store, the ledger and the quarantine, exactly once."""
