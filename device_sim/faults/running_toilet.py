"""A flush valve that does not always close: the cistern runs for hours, then somebody jiggles the button."""

from device_sim.faults.fault import Fault

RUNNING_TOILET = Fault(
    name="running_toilet",
    label="Running toilet",
    about="A small constant flow that comes and goes in hours, day and night; the night flow is high on some nights.",
    device_types=("water_meter",),
    course="intermittent",
    depths=(0.8, 3.5),  # L/min
    bout_h=3.0,
    duty=0.4,
    noticed=None,
    knobs=lambda lost: {"leak": 1.0 + lost},
)
