"""Every metric of ingest."""

from __future__ import annotations

from kit.metrics import counter, gauge, histogram

broker_connected = gauge("gateway_broker_connected", "1 while the gateway is subscribed at the broker.")
messages_received = counter("gateway_messages_received", "MQTT messages taken from the broker, repeated ones too.")
messages_slow = counter(
    "gateway_messages_slow", "Messages that the compiled reader left to Python: other formats, and whatever is odd."
)
last_message = gauge("gateway_last_message_time_seconds", "When the last MQTT message was taken, as Unix time.")
reading_paused = gauge("gateway_reading_paused", "1 while nothing is read from the broker for want of room.")
reconnects = counter(
    "gateway_reconnects",
    "Connections to the broker that ended or could not be made: closed, keepalive (a half-open link), protocol,"
    " refused, unreachable.",
    "reason",
)
sessions_lost = counter(
    "gateway_sessions_lost", "Times that the broker had forgotten the gateway's session: messages may be gone."
)
messages_missed = counter(
    "gateway_messages_missed", "Messages of foreign dialects that by their own count were sent and never came."
)
readings_accepted = counter("gateway_readings_accepted", "Readings that passed validation.")
readings_refused = counter("gateway_readings_refused", "Readings that were quarantined, by reason.", "reason")
log_full = gauge("gateway_log_full", "1 while the log takes nothing more and the broker keeps what comes in.")
batch_seconds = histogram(
    "gateway_batch_seconds", "Time to decode and validate one batch.", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
)
frames_damaged = counter("writer_frames_damaged", "Log entries whose checksum was wrong and that were skipped.")
readings_stored = counter("writer_readings_stored", "Readings that the store took as new.")
readings_unaccounted = counter(
    "writer_readings_unaccounted", "Readings that came in and that no column of the ledger has: each is our fault."
)
clocks_decided = counter("writer_clocks_decided", "Decisions that a device's clock is off, or right again.")
entries_trimmed = counter("log_entries_trimmed", "Log entries dropped after every reader had taken them over.")
log_bytes = gauge("log_bytes", "How much of the log's bound is in use.")
log_oldest_seconds = gauge("log_oldest_seconds", "Age of the oldest entry in the log.")
reader_lag_seconds = gauge(
    "log_reader_lag_seconds", "Age of the oldest entry that a reader has not taken over.", "reader"
)
events_booked = counter("writer_events_booked", "What devices said that is no reading, by kind.", "kind")
flush_seconds = histogram(
    "writer_flush_seconds", "Time to store and book one flush.", (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
)
intake_messages = counter("intake_messages", "Messages that came in requests (HTTP) and are in the log.")
commands_sent = counter("commands_sent", "Commands that the broker took over for a device.")
command_answers = counter("command_answers", "Answers of devices to commands: taken, unmatched, unreadable.", "outcome")
broker_publishes_refused = counter(
    "broker_publishes_refused", "Messages that Mosquitto refused because the topic was not the sender's."
)
broker_connections_refused = counter(
    "broker_connections_refused", "Connections that Mosquitto refused: wrong password, unknown or revoked certificate."
)
