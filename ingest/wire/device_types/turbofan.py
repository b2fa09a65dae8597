"""A jet engine with two shafts; one message a flight, in cruise. Names of the gas path after NASA's C-MAPSS."""

from ingest.wire.catalogue import DeviceType, Signal

TURBOFAN = DeviceType(
    name="turbofan",
    label="Turbofan",
    period_s=10_800,
    always_on=False,
    signals=(
        Signal(0, "lpc_outlet_temp", "Temperature behind the low-pressure compressor", "Cel", -60, 400),
        Signal(1, "hpc_outlet_temp", "Temperature behind the high-pressure compressor", "Cel", -60, 1000),
        Signal(2, "lpt_outlet_temp", "Temperature behind the low-pressure turbine", "Cel", -60, 1400),
        Signal(3, "hpc_outlet_pressure", "Pressure behind the high-pressure compressor", "kPa", 0, 8000),
        Signal(4, "hpc_static_pressure", "Static pressure behind the high-pressure compressor", "kPa", 0, 8000),
        Signal(5, "fan_speed", "Speed of the fan shaft", "{rpm}", 0, 20000),
        Signal(6, "core_speed", "Speed of the core shaft", "{rpm}", 0, 30000),
        Signal(7, "fan_speed_corrected", "Corrected speed of the fan shaft", "{rpm}", 0, 20000),
        Signal(8, "core_speed_corrected", "Corrected speed of the core shaft", "{rpm}", 0, 30000),
        Signal(9, "fuel_flow_ratio", "Fuel flow by static pressure", "1", 0, 5000),
        Signal(10, "bypass_ratio", "Bypass ratio", "1", 0, 50),
        Signal(11, "bleed_enthalpy", "Bleed enthalpy", "1", 0, 5000),
        Signal(12, "hpt_coolant_flow", "Coolant bleed of the high-pressure turbine", "kg/s", 0, 200),
        Signal(13, "lpt_coolant_flow", "Coolant bleed of the low-pressure turbine", "kg/s", 0, 200),
    ),
)
