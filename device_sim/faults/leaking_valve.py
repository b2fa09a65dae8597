"""The heating valve of an air handler no longer shuts: hot water runs through the coil all day, cooled away again."""

from device_sim.faults.fault import Fault

LEAKING_VALVE = Fault(
    name="leaking_valve",
    label="Leaking heating valve",
    about="Supply air is warmer than mixed air although both valves are shut, and the cooling valve works against it.",
    device_types=("air_handler",),
    course="progressive",
    depths=(0.32, 0.6),  # part of the full heat that leaks in the end
    days=(8.0, 16.0),
    noticed=0.9,
    knobs=lambda leaks: {"heating_valve": 1.0 - leaks},
)
