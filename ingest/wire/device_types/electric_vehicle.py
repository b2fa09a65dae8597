"""A battery electric passenger car. Signal names after the COVESA VSS; a current into the battery is positive."""

from ingest.wire.catalogue import Command, DeviceType, Kind, Signal, state
from ingest.wire.device_types.chassis import TROUBLE_STATUSES, accelerations, brake_pads, tyres

PACK = "Vehicle.Powertrain.TractionBattery"
CHARGING_STATES = ("unplugged", "charging", "complete", "interrupted")

ELECTRIC_VEHICLE = DeviceType(
    name="electric_vehicle",
    label="Electric car",
    period_s=60,
    always_on=False,
    signals=(
        Signal(0, "speed", "Vehicle speed", "km/h", 0, 350, standard="Vehicle.Speed"),
        Signal(1, "charge_level", "State of charge", "%", 0, 100, standard=f"{PACK}.StateOfCharge.Displayed"),
        Signal(2, "pack_voltage", "Traction battery voltage", "V", 0, 1000, standard=f"{PACK}.CurrentVoltage"),
        Signal(3, "pack_current", "Traction battery current", "A", -2000, 2000, standard=f"{PACK}.CurrentCurrent"),
        Signal(4, "cell_voltage_min", "Lowest cell voltage", "V", 0, 6, standard=f"{PACK}.CellVoltage.Min"),
        Signal(5, "cell_voltage_max", "Highest cell voltage", "V", 0, 6, standard=f"{PACK}.CellVoltage.Max"),
        Signal(6, "pack_temp_min", "Lowest pack temperature", "Cel", -50, 150, standard=f"{PACK}.Temperature.Min"),
        Signal(7, "pack_temp_max", "Highest pack temperature", "Cel", -50, 150, standard=f"{PACK}.Temperature.Max"),
        Signal(
            8,
            "motor_temp",
            "Motor temperature",
            "Cel",
            -50,
            250,
            standard="Vehicle.Powertrain.ElectricMotor.Temperature",
        ),
        state(9, "charging_state", "Charging", CHARGING_STATES, standard=f"{PACK}.Charging"),
        Signal(10, "range", "Remaining range", "km", 0, 2000, standard=f"{PACK}.Range"),
        Signal(11, "voltage", "12 V system voltage", "V", 0, 32, standard="Vehicle.LowVoltageBattery.CurrentVoltage"),
        Signal(12, "start_voltage", "Lowest 12 V voltage at the start", "V", 0, 32),
        *tyres(13),
        *brake_pads(17),
        *accelerations(19),
        Signal(22, "outdoor_temp", "Outdoor temperature", "Cel", -60, 70, standard="Vehicle.Exterior.AirTemperature"),
        Signal(23, "odometer", "Odometer", "km", 0, 5e6, standard="Vehicle.TraveledDistance"),
        Signal(24, "trouble_code", "Diagnostic trouble code", "1", 0, 65535, Kind.CODE, standard="Vehicle.OBD.DTCList"),
        state(25, "trouble_status", "Status of the trouble code", TROUBLE_STATUSES),
    ),
    commands=(
        Command("identify", "Flash the lights"),
        Command("report_now", "Report now"),
    ),
)
