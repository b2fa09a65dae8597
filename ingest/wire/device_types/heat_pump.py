"""An air-to-water heat pump that warms one house."""

from ingest.wire.catalogue import Command, DeviceType, Signal, boolean, state

HEAT_PUMP = DeviceType(
    name="heat_pump",
    label="Heat pump",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "outdoor_temp", "Outdoor temperature", "Cel", -60, 60),
        Signal(1, "indoor_temp", "Indoor temperature", "Cel", -40, 60),
        Signal(2, "setpoint", "Wanted indoor temperature", "Cel", 5, 35),
        Signal(3, "supply_temp", "Supply water temperature", "Cel", -30, 100),
        Signal(4, "return_temp", "Return water temperature", "Cel", -30, 100),
        Signal(5, "flow_rate", "Water flow", "L/min", 0, 200),
        Signal(6, "power", "Electrical power", "W", 0, 30000),
        Signal(7, "compressor_speed", "Compressor speed", "Hz", 0, 250),
        Signal(8, "evaporator_temp", "Evaporator temperature", "Cel", -90, 60),
        Signal(9, "discharge_temp", "Compressor discharge temperature", "Cel", -40, 180),
        Signal(10, "low_pressure", "Suction pressure", "bar", 0, 60),
        state(11, "mode", "Operating mode", ("off", "heating", "hot_water", "defrost")),
        boolean(12, "backup_heater", "Backup heater on"),
        Signal(13, "high_pressure", "Condensing pressure", "bar", 0, 80),
        Signal(14, "superheat", "Superheat of the suction gas", "K", -20, 80),
        Signal(15, "outdoor_fan_speed", "Outdoor fan speed", "{rpm}", 0, 3000),
        Signal(16, "compressor_vibration", "Compressor vibration (RMS)", "mm/s", 0, 100),
    ),
    commands=(
        Command("identify", "Blink its display"),
        Command("report_now", "Report now"),
        Command("restart", "Restart the controller"),
    ),
)
