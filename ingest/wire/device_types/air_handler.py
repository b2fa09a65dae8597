"""A ducted air handler: one fan, a heating and a cooling coil, and dampers that mix outdoor and return air."""

from ingest.wire.catalogue import DeviceType, Signal, boolean

AIR_HANDLER = DeviceType(
    name="air_handler",
    label="Air handler",
    period_s=60,
    always_on=True,
    signals=(
        Signal(0, "supply_air_temp", "Supply air temperature", "Cel", -40, 90),
        Signal(1, "heating_setpoint", "Supply air heating setpoint", "Cel", -20, 60),
        Signal(2, "cooling_setpoint", "Supply air cooling setpoint", "Cel", -20, 60),
        Signal(3, "outdoor_temp", "Outdoor air temperature", "Cel", -60, 60),
        Signal(4, "mixed_air_temp", "Mixed air temperature", "Cel", -40, 90),
        Signal(5, "return_air_temp", "Return air temperature", "Cel", -40, 90),
        boolean(6, "fan_on", "Supply fan running"),
        Signal(7, "fan_speed", "Supply fan speed signal", "%", -5, 105),
        Signal(8, "outdoor_damper", "Outdoor air damper signal", "%", -5, 105),
        Signal(9, "return_damper", "Return air damper signal", "%", -5, 105),
        Signal(10, "exhaust_damper", "Exhaust air damper signal", "%", -5, 105),
        Signal(11, "cooling_valve", "Cooling valve signal", "%", -5, 105),
        Signal(12, "heating_valve", "Heating valve signal", "%", -5, 105),
        boolean(13, "occupied", "Occupied"),
        Signal(14, "filter_pressure_drop", "Pressure drop across the filter", "Pa", 0, 5000),
        Signal(15, "fan_power", "Supply fan power", "W", 0, 50000),
        Signal(16, "fan_vibration", "Supply fan vibration (RMS)", "mm/s", 0, 200),
    ),
)
