"""A battery sensor for the climate of one room, behind a hub."""

from ingest.wire.catalogue import Command, DeviceType, Signal, boolean

ROOM_SENSOR = DeviceType(
    name="room_sensor",
    label="Room sensor",
    period_s=600,
    always_on=True,
    signals=(
        Signal(0, "room_temp", "Room temperature", "Cel", -40, 85),
        Signal(1, "humidity", "Relative humidity", "%", 0, 100),
        Signal(2, "co2", "Carbon dioxide", "[ppm]", 0, 10000),
        boolean(3, "motion", "Somebody moved since the last message"),
        Signal(4, "battery_level", "Battery level", "%", 0, 100),
        Signal(5, "battery_voltage", "Battery voltage", "V", 0, 6),
        Signal(6, "rssi", "Signal strength at the hub", "{dBm}", -130, 0),
    ),
    commands=(
        Command("identify", "Blink its light"),
        Command("report_now", "Report now"),
    ),
)
