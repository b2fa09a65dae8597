"""New brake pads on both axles: no fault."""

from device_sim.faults.fault import Fault

NEW_BRAKES = Fault(
    name="new_brakes",
    label="New brake pads",
    about="Pad wear falls to zero on one day and grows slowly from there.",
    device_types=("vehicle", "electric_vehicle"),
    course="sudden",
    depths=(1.0, 1.0),  # they are in or they are not
    expects="nothing",
    noticed=None,
    knobs=lambda new: {"brake_parts": 1.0 + new},
)
