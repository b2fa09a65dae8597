"""A nail in one tyre: it loses air over days while the others keep theirs."""

from device_sim.faults.fault import Fault

SLOW_PUNCTURE = Fault(
    name="slow_puncture",
    label="Slow puncture",
    about="One tyre falls away from the other three, whatever the weather, and runs warmer.",
    device_types=("vehicle", "electric_vehicle"),
    course="progressive",
    depths=(0.85, 0.98),  # part of the air that is gone in the end
    noticed=0.6,
    shape=0.9,
    knobs=lambda lost: {"tyre_air": 1.0 - lost},
)
