"""A passenger car with a combustion engine, as its OBD-II port tells it. Signal names after the COVESA VSS."""

from ingest.wire.catalogue import Command, DeviceType, Kind, Signal, boolean

VEHICLE = DeviceType(
    name="vehicle",
    label="Car",
    period_s=60,
    always_on=False,
    signals=(
        Signal(0, "rpm", "Engine speed", "{rpm}", 0, 12000, standard="Vehicle.OBD.EngineSpeed"),
        Signal(1, "speed", "Vehicle speed", "km/h", 0, 350, standard="Vehicle.OBD.Speed"),
        Signal(2, "coolant_temp", "Coolant temperature", "Cel", -50, 215, standard="Vehicle.OBD.CoolantTemperature"),
        Signal(3, "intake_temp", "Intake air temperature", "Cel", -50, 215, standard="Vehicle.OBD.IntakeTemp"),
        Signal(4, "engine_load", "Engine load", "%", 0, 100, standard="Vehicle.OBD.EngineLoad"),
        Signal(5, "throttle", "Throttle position", "%", 0, 100, standard="Vehicle.OBD.ThrottlePosition"),
        Signal(6, "fuel_trim_long", "Long-term fuel trim", "%", -100, 100, standard="Vehicle.OBD.LongTermFuelTrim1"),
        Signal(7, "fuel_trim_short", "Short-term fuel trim", "%", -100, 100, standard="Vehicle.OBD.ShortTermFuelTrim1"),
        Signal(8, "manifold_pressure", "Intake manifold pressure", "kPa", 0, 300, standard="Vehicle.OBD.MAP"),
        Signal(9, "voltage", "12 V system voltage", "V", 0, 32, standard="Vehicle.OBD.ControlModuleVoltage"),
        Signal(
            10,
            "catalyst_temp",
            "Catalyst temperature",
            "Cel",
            -50,
            1300,
            standard="Vehicle.OBD.Catalyst.Bank1.Temperature1",
        ),
        Signal(11, "fuel_level", "Fuel level", "%", 0, 100, standard="Vehicle.OBD.FuelLevel"),
        Signal(12, "run_time", "Time since engine start", "s", 0, 1e6, standard="Vehicle.OBD.RunTime"),
        Signal(13, "trouble_code", "Diagnostic trouble code", "1", 0, 65535, Kind.CODE, standard="Vehicle.OBD.DTCList"),
        boolean(14, "engine_on", "Engine running", "Vehicle.Powertrain.CombustionEngine.IsRunning"),
    ),
    commands=(
        Command("identify", "Flash the lights"),
        Command("report_now", "Report now"),
    ),
)
