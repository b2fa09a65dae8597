"""The outdoor damper of an air handler sticks open: its actuator turns, the blades do not."""

from device_sim.faults.fault import Fault

STUCK_DAMPER = Fault(
    name="stuck_damper",
    label="Outdoor damper stuck open",
    about="Mixed air follows the weather whatever the damper signal says; in the cold the heating valve opens fully.",
    device_types=("air_handler",),
    course="sudden",
    depths=(0.1, 0.45),  # what is missing to wide open: less would be an opening that is usual anyway
    noticed=None,
    knobs=lambda missing: {"damper": 1.0 - missing},
)
