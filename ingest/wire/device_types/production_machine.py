"""A machine on a shop floor that reports errors and replaced parts as they happen; some say hourly how they run."""

from ingest.wire.catalogue import DeviceType, Signal, state

PRODUCTION_MACHINE = DeviceType(
    name="production_machine",
    label="Production machine",
    period_s=86_400,
    always_on=False,
    signals=(
        state(0, "error", "Error", ("error1", "error2", "error3", "error4", "error5")),
        state(1, "replaced", "Replaced component", ("comp1", "comp2", "comp3", "comp4")),
        Signal(2, "supply_voltage", "Supply voltage", "V", 0, 1000),
        Signal(3, "rotation", "Speed", "{rpm}", 0, 100_000),
        Signal(4, "pressure", "Working pressure", "bar", 0, 2000),
        Signal(5, "vibration", "Vibration", "mm/s", 0, 500),
    ),
)
