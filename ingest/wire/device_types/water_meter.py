"""A water meter behind the stopcock of a home. The counter starts again from zero when its supply was cut."""

from ingest.wire.catalogue import Command, DeviceType, Signal

WATER_METER = DeviceType(
    name="water_meter",
    label="Water meter",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "volume", "Water since the counter started", "L", 0, 1e8),
        Signal(1, "flow", "Mean flow since the last message", "L/min", 0, 100),
        Signal(2, "flow_peak", "Greatest flow since the last message", "L/min", 0, 100),
        Signal(3, "pressure", "Pressure", "bar", 0, 16),
        Signal(4, "water_temp", "Water temperature", "Cel", -5, 60),
        Signal(5, "night_flow", "Least flow over an hour of last night", "L/h", 0, 3000),
        Signal(6, "battery_voltage", "Battery voltage", "V", 0, 6),
    ),
    commands=(
        Command("identify", "Blink its display"),
        Command("report_now", "Report now"),
    ),
)
