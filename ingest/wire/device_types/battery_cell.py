"""A lithium-ion cell that is charged and discharged over and over; one message a discharge."""

from ingest.wire.catalogue import DeviceType, Signal

BATTERY_CELL = DeviceType(
    name="battery_cell",
    label="Battery cell",
    period_s=14_400,
    always_on=False,
    signals=(
        Signal(0, "discharge_voltage", "Mean discharge voltage", "V", 0, 6),
        Signal(1, "discharge_temp", "Mean discharge temperature", "Cel", -40, 150),
        Signal(2, "voltage_drop_time", "Time in which the voltage falls from 3.8 V to 3.5 V", "s", 0, 100_000),
        Signal(3, "capacity", "Capacity", "A.h", 0, 1000),
    ),
)
