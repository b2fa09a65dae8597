"""A speed-controlled pump that drives a building's heating and tap water around, with a vibration sensor."""

from ingest.wire.catalogue import Command, DeviceType, Signal

CIRCULATION_PUMP = DeviceType(
    name="circulation_pump",
    label="Circulation pump",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "pump_speed", "Speed of the pump", "{rpm}", 0, 10000),
        Signal(1, "flow_rate", "Flow", "L/min", 0, 5000),
        Signal(2, "pump_head", "Pressure rise across the pump", "bar", -1, 20),
        Signal(3, "inlet_pressure", "Inlet pressure above atmosphere", "bar", -1, 20),
        Signal(4, "water_temp", "Water temperature", "Cel", -10, 130),
        Signal(5, "bearing_temp", "Bearing temperature", "Cel", -30, 200),
        Signal(6, "power", "Electrical power", "W", 0, 20000),
        Signal(7, "vibration", "Vibration (RMS)", "mm/s", 0, 200),
        Signal(8, "vibration_kurtosis", "Kurtosis of the vibration", "1", 0, 200),
    ),
    commands=(
        Command("identify", "Blink its display"),
        Command("report_now", "Report now"),
        Command("restart", "Restart the controller"),
    ),
)
