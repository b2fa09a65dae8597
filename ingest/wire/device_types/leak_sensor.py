"""A battery sensor that lies on the floor and tells when water touches its probes, behind a hub."""

from ingest.wire.catalogue import Command, DeviceType, Signal, boolean

LEAK_SENSOR = DeviceType(
    name="leak_sensor",
    label="Leak sensor",
    period_s=900,
    always_on=True,
    signals=(
        boolean(0, "wet", "Water at the probes"),
        Signal(1, "conductance", "Conductance between the probes", "uS", 0, 2000),
        Signal(2, "floor_temp", "Floor temperature", "Cel", -40, 85),
        Signal(3, "battery_level", "Battery level", "%", 0, 100),
        Signal(4, "battery_voltage", "Battery voltage", "V", 0, 6),
        Signal(5, "rssi", "Signal strength at the hub", "{dBm}", -130, 0),
    ),
    commands=(
        Command("identify", "Sound its buzzer"),
        Command("report_now", "Report now"),
    ),
)
