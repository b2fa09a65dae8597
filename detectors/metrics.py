"""Metrics of the detectors."""

from __future__ import annotations

from kit.metrics import counter, gauge, histogram

readings = counter("detector_readings", "Readings that detection looked at.")
skipped = counter("detector_readings_skipped", "Readings that detection left out, by reason.", "reason")
findings = counter(
    "detector_findings",
    "Findings committed, by fault and kind; `again`: more evidence of a trouble that was raised before.",
    "fault",
    "kind",
)
lag = gauge("detector_lag_entries", "Log entries that wait to be scored, by partition.", "partition")
checkpoint_seconds = histogram(
    "detector_checkpoint_seconds", "Time to dump and commit one checkpoint.", (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
)
trust_decisions = counter(
    "detector_trust_decisions", "Decisions about who may contact, by fault and state.", "fault", "state"
)
trips = counter("detector_trips", "Trips kept for coaching; one that goes on after all counts again.")
trips_forgotten = counter("detector_trips_forgotten", "Trips deleted: consent or age ended, erased, or another owner.")
