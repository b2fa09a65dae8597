"""A passenger car with a combustion engine, as its OBD-II port tells it. Signal names after the COVESA VSS."""

from ingest.wire.catalogue import Command, DeviceType, Kind, Signal, boolean, state
from ingest.wire.device_types.chassis import TROUBLE_STATUSES, accelerations, brake_pads, tyres

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
        *tyres(15),
        *brake_pads(19),
        Signal(21, "misfires", "Misfires in the last minute", "/min", 0, 20000),
        Signal(22, "start_voltage", "Lowest 12 V voltage at the start", "V", 0, 32),
        state(23, "trouble_status", "Status of the trouble code", TROUBLE_STATUSES),
        *accelerations(24),
        Signal(27, "outdoor_temp", "Outdoor temperature", "Cel", -60, 70, standard="Vehicle.Exterior.AirTemperature"),
        Signal(
            28, "oxygen_swing", "Swing of the rear oxygen sensor", "V", 0, 2, standard="Vehicle.OBD.O2.Sensor2.Voltage"
        ),
        Signal(29, "odometer", "Odometer", "km", 0, 5e6, standard="Vehicle.TraveledDistance"),
    ),
    commands=(
        Command("identify", "Flash the lights"),
        Command("report_now", "Report now"),
    ),
)
