"""An upright freezer that defrosts itself, with a door switch."""

from ingest.wire.catalogue import Command, DeviceType, Signal, state

FREEZER = DeviceType(
    name="freezer",
    label="Freezer",
    period_s=300,
    always_on=True,
    signals=(
        Signal(0, "cabinet_temp", "Air in the cabinet", "Cel", -60, 60),
        Signal(1, "cabinet_setpoint", "Wanted cabinet temperature", "Cel", -40, 10),
        Signal(2, "evaporator_temp", "Evaporator temperature", "Cel", -80, 90),
        Signal(3, "condenser_temp", "Condenser temperature", "Cel", -40, 150),
        Signal(4, "ambient_temp", "Air around the appliance", "Cel", -40, 60),
        Signal(5, "power", "Mean electrical power since the last message", "W", 0, 2000),
        Signal(6, "compressor_duty", "Part of the time that the compressor ran", "%", 0, 100),
        Signal(7, "door_openings", "Door openings since the last message", "1", 0, 1000),
        Signal(8, "door_open_time", "Time that the door stood open since the last message", "s", 0, 3600),
        state(9, "mode", "Operating mode", ("idle", "cooling", "defrost")),
        Signal(10, "compressor_vibration", "Compressor vibration (RMS)", "mm/s", 0, 100),
    ),
    commands=(
        Command("identify", "Blink its display"),
        Command("report_now", "Report now"),
        Command("restart", "Restart the controller"),
    ),
)
