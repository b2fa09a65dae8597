"""Metrics of the web process."""

from __future__ import annotations

from kit.metrics import counter, gauge, histogram

requests = counter("web_requests", "Requests answered, by area and status class.", "area", "status")
request_seconds = histogram(
    "web_request_seconds",
    "Server time from the request's head to the last byte of the answer, by area; live streams are left out.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    "area",
)
sign_ins = counter("web_sign_ins", "Sign-ins of staff, by outcome (ok, refused, paused).", "outcome")
live_readers = gauge("web_live_readers", "Open pages that wait for news of the queue.")
keys_refused = counter("web_keys_refused", "Telemetry requests that showed no live key of their device.")
