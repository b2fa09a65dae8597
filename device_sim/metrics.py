"""Metrics of the simulator."""

from kit.metrics import counter, gauge

messages_sent = counter("sim_messages_sent", "Messages that simulated devices handed to the MQTT client.")
messages_acknowledged = counter("sim_messages_acknowledged", "Messages that the broker acknowledged (PUBACK).")
messages_unheard = counter(
    "sim_messages_unheard", "Messages that the broker took while nobody was subscribed; they are sent again."
)
reconnects = counter("sim_reconnects", "Connections to the broker after the first.")
in_flight = gauge("sim_messages_in_flight", "Messages sent and not yet acknowledged.")
