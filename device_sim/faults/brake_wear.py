"""A caliper binds: the front pads wear through within days instead of years."""

from device_sim.faults.fault import Fault

BRAKE_WEAR = Fault(
    name="brake_wear",
    label="Front brake pads wear through",
    about="The front pads wear at many times the usual rate, the car drags, the tyre beside the caliper gets warm.",
    device_types=("vehicle", "electric_vehicle"),
    course="progressive",
    depths=(0.93, 1.0),  # part of the pads' remaining life that is gone in the end
    noticed=0.85,
    shape=1.0,
    knobs=lambda gone: {"brake_pads": 1.0 - gone},
)
