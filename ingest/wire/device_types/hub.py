"""A home hub: the router behind which small devices speak. Signal strength is dBm, written {dBm}: UCUM has no name."""

from ingest.wire.catalogue import Command, DeviceType, Signal, state

HUB = DeviceType(
    name="hub",
    label="Home hub",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "children_online", "Devices connected", "{devices}", 0, 250),
        Signal(1, "rssi", "Signal strength of the uplink", "{dBm}", -130, 0),
        Signal(2, "uptime", "Time since the last restart", "s", 0, 1e9),
        Signal(3, "latency", "Round trip to the provider", "ms", 0, 60000),
        Signal(4, "packet_loss", "Packets lost", "%", 0, 100),
        Signal(5, "restarts", "Restarts since it was made", "{restarts}", 0, 1e6),
        Signal(6, "cpu_load", "Processor load", "%", 0, 100),
        Signal(7, "memory_used", "Memory in use", "%", 0, 100),
        Signal(8, "board_temp", "Board temperature", "Cel", -40, 125),
        state(9, "uplink", "Uplink", ("fibre", "cellular")),
    ),
    commands=(
        Command("identify", "Blink its lights"),
        Command("report_now", "Report now"),
        Command("restart", "Restart"),
    ),
)
