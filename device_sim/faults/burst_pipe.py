"""A pipe bursts: water runs as fast as it can until somebody closes the stopcock."""

from device_sim.faults.fault import Fault

BURST_PIPE = Fault(
    name="burst_pipe",
    label="Burst pipe",
    about="From one moment to the next a large flow that does not end, the pressure falls, the water has the cold of "
    "the ground.",
    device_types=("water_meter", "leak_sensor"),
    course="sudden",
    depths=(9.0, 20.0),  # L/min
    lasts_days=(0.25, 1.5),
    noticed=None,
    knobs=lambda lost: {"leak": 1.0 + lost},
)
