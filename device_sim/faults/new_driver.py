"""Somebody else drives for some weeks, and harder: no fault."""

from device_sim.faults.fault import Fault

NEW_DRIVER = Fault(
    name="new_driver",
    label="Another driver",
    about="Harder acceleration, braking and cornering from one day on, and at later hours.",
    device_types=("vehicle", "electric_vehicle"),
    course="sudden",
    depths=(0.3, 0.7),  # how much harder
    lasts_days=(8.0, 25.0),
    expects="nothing",
    noticed=None,
    knobs=lambda harder: {"driving": 1.0 + harder, "rhythm": 1.0 + 0.3 * harder},
)
