"""Telemetry in: owns the wire contract, the device registry, the partition log, the ledger and the telemetry stores.

Hands on durable batches of readings (`ingest.reading.Frame`) to whoever reads the log, and stored series to charts.
"""
