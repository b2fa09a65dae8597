"""Every metric of ingest."""

from __future__ import annotations

from kit.metrics import counter, gauge, histogram

broker_connected = gauge("gateway_broker_connected", "1 while the gateway is subscribed at the broker.")
messages_received = counter("gateway_messages_received", "MQTT messages taken from the broker, repeated ones too.")
messages_shed = counter("gateway_messages_shed", "Messages let go unacknowledged for want of room; they come again.")
readings_accepted = counter("gateway_readings_accepted", "Readings that passed validation.")
readings_refused = counter("gateway_readings_refused", "Readings that were quarantined, by reason.", "reason")
log_full = gauge("gateway_log_full", "1 while the log takes nothing more and the broker keeps what comes in.")
batch_seconds = histogram(
    "gateway_batch_seconds", "Time to decode and validate one batch.", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
)
frames_damaged = counter("writer_frames_damaged", "Log entries whose checksum was wrong and that were skipped.")
readings_stored = counter("writer_readings_stored", "Readings that the store took as new.")
flush_seconds = histogram(
    "writer_flush_seconds", "Time to store and book one flush.", (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
)
commands_sent = counter("commands_sent", "Commands that the broker took over for a device.")
command_answers = counter("command_answers", "Answers of devices to commands: taken, unmatched, unreadable.", "outcome")
